"""Which annotations belong to which image, held as numbers: 12 bytes an annotation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
from msgspec import Raw
from numpy.typing import NDArray

from formats.coco.document import load_part, text_of

_LARGEST_ID = 10**100
_MOST_DIGITS = 16
_NOTHING = {b"", b"null", b"[]", b"{}", b'""'}


class Head(msgspec.Struct):
    """The keys of an annotation that are needed before its image comes up."""

    image_id: int | str | None = None
    id: int | str | None = None
    category_id: int | str | None = None
    segmentation: Raw = Raw(b"")
    file_name: str | None = None
    category_name: str | None = None


_HEAD = msgspec.json.Decoder(Head)


def read_head(part: Raw) -> Head:
    """The head of one annotation; empty where it has none that can be understood."""
    try:
        return _HEAD.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = load_part(part)
    if not isinstance(value, dict):
        return Head()
    image, own, category = (key_of(value.get(key)) for key in ("image_id", "id", "category_id"))
    shape = Raw(b"[0]" if value.get("segmentation") else b"")
    return Head(image, own, category, shape, text_of(value.get("file_name")), text_of(value.get("category_name")))


def has_shape(head: Head) -> bool:
    """Whether there is a segmentation."""
    return bytes(memoryview(head.segmentation)[:6]).replace(b" ", b"") not in _NOTHING


def key_of(value: Any) -> str | None:
    """An id as text: 7, "7" and 7.0 are the same; None for what is no id."""
    if type(value) is int and 0 <= value < _LARGEST_ID:
        return str(value)  # nearly always
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    return str(value) if -_LARGEST_ID < value < _LARGEST_ID else None


def instance_id_of(key: str | None, position: int, *, is_repeated: bool) -> str:
    """The instance id of the annotation at `position` of the file, unique within it."""
    if key is None or is_repeated:
        return f"co-{position}"
    if key.isascii() and key.isdigit() and len(key) <= 20:
        return f"co{key}"
    return f"co.{blake2b(key.encode(errors='replace'), digest_size=8).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Groups:
    """Annotations by image.

    Attributes:
        order: (N,) positions of the annotations, image by image, in file order within each.
        starts: (images + 1,) where each image starts in `order`.
        repeated: Positions of annotations whose id stood before.
        has_shapes: Whether any of them has a segmentation.
        has_class_zero: Whether any class has number 0.
        lacks_names: Whether any of them names its image or class by number only.
        numbers: Class number by name, of those that tell both.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    repeated: frozenset[int]
    has_shapes: bool
    has_class_zero: bool
    lacks_names: bool
    numbers: dict[str, int]

    @property
    def strays(self) -> NDArray[np.int64]:
        """Positions of annotations of no known image."""
        return self.order[: int(self.starts[0])]

    def of(self, image: int) -> Iterator[int]:
        """Positions of the annotations of the image with that index."""
        yield from self.order[self.starts[image] : self.starts[image + 1]].tolist()


@dataclass(frozen=True, slots=True)
class ResultImage:
    """How results name an image: the key of their `image_id`, and their `file_name`; empty without one."""

    number: str
    file_name: str


def group_by_image(parts: Sequence[Raw], images: Mapping[str, int], *, count: int) -> Groups:
    """Sort annotations by image.

    Args:
        parts: The annotations.
        images: Index of each image by the key of its id.
        count: Images in all.
    """
    return _group(parts, lambda head: images.get(key_of(head.image_id) or "", -1), lambda: count)


def group_results(parts: Sequence[Raw]) -> tuple[list[ResultImage], Groups]:
    """Sort results by image, and list the images in the order they come up first."""
    images: dict[ResultImage, int] = {}

    def find(head: Head) -> int:
        image = ResultImage(key_of(head.image_id) or "", text_of(head.file_name))
        return images.setdefault(image, len(images)) if image.number or image.file_name else -1

    groups = _group(parts, find, lambda: len(images))
    return list(images), groups


def _group(parts: Sequence[Raw], owner_of: Callable[[Head], int], count: Callable[[], int]) -> Groups:
    owners = np.full(len(parts), -1, dtype=np.int32)
    seen: set[int | str] = set()
    repeated: set[int] = set()
    numbers: dict[str, int] = {}
    has_shapes = has_class_zero = lacks_names = False
    for position, part in enumerate(parts):
        head = read_head(part)
        owners[position] = owner_of(head)
        if head.id is not None:
            key = _compact(head.id)
            if key in seen:
                repeated.add(position)
            seen.add(key)
        has_shapes = has_shapes or has_shape(head)
        has_class_zero = has_class_zero or head.category_id in (0, "0")
        lacks_names = lacks_names or not (head.file_name and head.category_name)
        if head.category_name and head.category_name not in numbers:
            _note_number(head, numbers)
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(count() + 1))
    return Groups(order, starts, frozenset(repeated), has_shapes, has_class_zero, lacks_names, numbers)


def _note_number(head: Head, numbers: dict[str, int]) -> None:
    name, key = text_of(head.category_name), key_of(head.category_id) or ""
    if name and len(key) <= _MOST_DIGITS and key.isascii() and key.isdigit():
        numbers.setdefault(name, int(key))


def _compact(key: int | str) -> int | str:
    """Texts that are plain numbers as numbers: they are small, and 7 and "7" are the same id."""
    if isinstance(key, str) and len(key) <= 18 and key.isascii() and key.isdigit() and str(int(key)) == key:
        return int(key)
    return key
