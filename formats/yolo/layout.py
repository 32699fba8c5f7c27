"""Which label file belongs to which image: labels/photos/1.txt to images/photos/1.jpg."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from domain.errors import FormatError, LimitError
from formats.base.annotation_files import IMAGE_SUFFIXES
from formats.base.characters import NOT_IN_JSON, clean
from formats.base.files import read_document

LABELS = "labels"
PREDICTIONS = "predictions"
LISTS = ("train.txt", "val.txt", "valid.txt", "test.txt")
PREDICTION_LIST = "predictions.txt"
_NO_LABELS = {"classes.txt", "class_names.txt", "readme.txt", "license.txt", "notes.txt", "requirements.txt"}
_LARGEST_LIST = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Labelled:
    """One image of a data set.

    Attributes:
        name: Path of its label file, relative to the data set.
        image: Path of the image below the folder "images".
        exists: Whether there is a label file; none means that there is no object.
        is_guess: The suffix of the image is not known.
    """

    name: str
    image: str
    exists: bool = True
    is_guess: bool = False


def label_path(image: str, folder: str = LABELS) -> str:
    """Ultralytics' rule: the last folder named "images" becomes "labels", the suffix ".txt"."""
    head, found, tail = f"/{image}".rpartition("/images/")
    name = f"{head}/{folder}/{tail}" if found else f"/{image}"
    return f"{name.removesuffix(PurePosixPath(name).suffix)}.txt"[1:]


@dataclass(slots=True)
class Layout:
    """The files of a data set.

    Attributes:
        root: Its folder.
        splits: Lists and folders named by data.yaml.
    """

    root: Path
    splits: Iterable[str] = ()
    _labels: list[str] = field(default_factory=list[str])
    _images: list[str] = field(default_factory=list[str])

    def find(self, exists: Callable[[str], bool]) -> Iterator[Labelled]:
        """Yield the images in the order of the lists, then the others by path.

        Args:
            exists: Whether the folder of images that a person named holds an image of that path.
        """
        self._walk()
        known = self._expected()
        present = set(self._labels)
        named = [name for name, (_, is_sure) in known.items() if name in present or is_sure]
        yield from (Labelled(name, known[name][0], name in present) for name in named)
        stems = {image.removesuffix(PurePosixPath(image).suffix): image for image in self._images}
        for name in sorted(present.difference(named)):
            stem = _image_stem(name)
            suffix = next((suffix for suffix in IMAGE_SUFFIXES if exists(stem + suffix)), None)
            image = stems.get(stem) or stems.get(f"images/{stem}") or f"{stem}{suffix or '.jpg'}"
            yield Labelled(name, shown_image(image), is_guess=suffix is None and image == f"{stem}.jpg")

    def _walk(self) -> None:
        texts: list[str] = []
        for where, _, files in os.walk(self.root):
            folder = Path(where).relative_to(self.root)
            for file in files:
                name = (folder / file).as_posix()
                suffix = PurePosixPath(name).suffix.lower()
                if suffix == ".txt" and not self._is_list(name):
                    texts.append(name)
                elif suffix in IMAGE_SUFFIXES:
                    self._images.append(name)
        inside = [name for name in texts if {LABELS, PREDICTIONS} & set(PurePosixPath(name).parts[:-1])]
        self._labels = inside or texts
        self._images.sort()

    def _is_list(self, name: str) -> bool:
        if PurePosixPath(name).name.lower() in _NO_LABELS:
            return True
        return name in {*LISTS, PREDICTION_LIST, *(relative_image(split) for split in self.splits)}

    def _expected(self) -> dict[str, tuple[str, bool]]:
        """Label file -> (image, whether a missing file says that there is no object)."""
        found: dict[str, tuple[str, bool]] = {}
        lists = dict.fromkeys([*(relative_image(split) for split in self.splits if split.endswith(".txt")), *LISTS])
        for image in (image for name in lists for image in self.read_list(name)):
            found.setdefault(label_path(image), (shown_image(image), True))
        for image in self.read_list(PREDICTION_LIST):
            found.setdefault(label_path(image, PREDICTIONS), (shown_image(image), False))
        has_labels = any(LABELS in PurePosixPath(name).parts[:-1] for name in self._labels)
        for image in self._images:
            is_sure = has_labels and "images" in PurePosixPath(image).parts[:-1]
            found.setdefault(label_path(image), (shown_image(image), is_sure))
        return found

    def read_list(self, name: str) -> Iterator[str]:
        """Image paths of a list, relative to the data set."""
        file = self.root / name
        if not name or not file.is_file():
            return
        try:
            text = read_document(file, limit=_LARGEST_LIST).decode(errors="replace")
        except (FormatError, LimitError):
            return
        yield from (relative_image(clean(line, NOT_IN_JSON)) for line in text.splitlines() if line.strip())


def relative_image(path: str) -> str:
    """A path of a list or of data.yaml, relative to the data set; of an absolute one what begins with "images"."""
    path = path.replace("\\", "/").removeprefix("./")
    if not path.startswith("/") and ":" not in path and ".." not in path:
        return path
    parts = [part for part in PurePosixPath(path).parts if part not in {"/", ".", ".."} and not part.endswith(":")]
    if "images" in parts[:-1]:
        parts = parts[len(parts) - 2 - parts[:-1][::-1].index("images") :]
    elif path.startswith("/") or ":" in path:
        parts = parts[-1:]
    return posixpath.join(*parts) if parts else ""


def shown_image(image: str) -> str:
    """The image below the folder "images"."""
    return image.removeprefix("images/")


def _image_stem(label: str) -> str:
    """The path of the image of a label file, without suffix: the last "labels" becomes "images"."""
    parts = list(PurePosixPath(label).with_suffix("").parts)
    folders = [index for index, part in enumerate(parts[:-1]) if part in {LABELS, PREDICTIONS}]
    if folders:
        parts[folders[-1]] = "images"
    return shown_image("/".join(parts))
