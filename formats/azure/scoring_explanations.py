"""Explanations in the answers of an endpoint: pictures and numbers, and which class each is for (formats.md 3.2)."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.explanation import Heatmap, Region
from domain.prediction import Labels
from formats.azure.report import shown

KEYS = ("visualizations", "attributions")
DEFAULT_THRESHOLD = 0.5
_USUAL_CROP, _USUAL_RESIZE = 224, 256
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_PIXELS = 100_000_000

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ScoringExplanation:
    """One explanation of one image, as an endpoint returns it.

    Attributes:
        label: The class it is for; None where the answer does not tell.
        number: Which of the image's explanations this is, 1-based.
        count: How many the image has.
        picture: PNG file of a composite of four panels; it cannot be laid over the image. None when not returned.
        attributions: (3, c, c) float32, signed, on the crop the model saw. None when not returned.
    """

    label: str | None
    number: int
    count: int
    picture: bytes | None = None
    attributions: NDArray[np.float32] | None = None

    @property
    def title(self) -> str:
        return self.label if self.label is not None else f"explanation {self.number} of {self.count}"


def read_explanations(
    fields: Mapping[str, Any], note: Note, *, threshold: float = DEFAULT_THRESHOLD
) -> list[ScoringExplanation]:
    """Read the explanations of one answer.

    Multi-class answers have one, for the most probable class. Multi-label answers have a list without names, in the
    order of the classes: those at or above the threshold, or, where that does not fit their number, above it.

    Args:
        fields: The answer, with `probs` and `labels`.
        note: Called with a sentence for everything that cannot be used.
        threshold: `confidence_score_threshold_multilabel` of the request.

    Returns:
        One a class explained; a part that cannot be used is None. Empty when the answer holds none.
    """
    pictures, arrays = fields.get("visualizations"), fields.get("attributions")
    is_list = isinstance(pictures, list) or (pictures is None and _depth(arrays) == 4)
    if pictures is None and arrays is None:
        return []
    if not is_list:
        picture, array = _read_picture(pictures, "visualizations", note), _read_array(arrays, "attributions", note)
        return [ScoringExplanation(_top_class(fields), 1, 1, picture, array)]
    shown_pictures = _as_list(pictures, "visualizations", note)
    shown_arrays = _as_list(arrays, "attributions", note)
    return _pair(fields, shown_pictures, shown_arrays, note, threshold)


def match_classes(probs: Sequence[float], labels: Sequence[str], count: int, *, threshold: float) -> list[str | None]:
    """The classes of `count` explanations by the probabilities of an answer; None for each where no rule fits."""
    for is_explained in (lambda prob: prob >= threshold, lambda prob: prob > threshold):
        selected = [label for prob, label in zip(probs, labels, strict=True) if is_explained(prob)]
        if len(selected) == count:
            return list(selected)
    return [None] * count


def select_classes(content: Labels, threshold: float) -> list[str]:
    """The classes a multi-label request asks to explain, in the order of the answer's labels."""
    return [name for name in sorted(content.scores) if content.scores[name] >= threshold]


def to_heatmap(attributions: NDArray[np.float32]) -> Heatmap:
    """(3, c, c) attributions as one (c, c) map: summed over the channels, signs kept."""
    return attributions.sum(axis=0, dtype=np.float32)


def region_of_crop(size: tuple[int, int], crop: int, *, resize: float | None = None) -> Region:
    """Where the crop that attributions cover lies on the image; what is outside has no attribution.

    Args:
        size: (width, height) of the image in stored pixels.
        crop: Side of the attributions (`valid_crop_size`).
        resize: Length the short side was resized to (`valid_resize_size`); 256 for a crop of 224, and in proportion
            for others, when None.
    """
    width, height = size
    scale = (resize if resize is not None else crop * _USUAL_RESIZE / _USUAL_CROP) / min(size)
    half_x, half_y = crop / (width * scale) / 2, crop / (height * scale) / 2
    return Region(0.5 - half_x, 0.5 - half_y, 0.5 + half_x, 0.5 + half_y)


def png_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) of a whole PNG file with intact parts; None for anything else. No pixel is decoded."""
    if not data.startswith(_PNG_SIGNATURE):
        return None
    position, size = len(_PNG_SIGNATURE), None
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        if end + 4 > len(data) or zlib.crc32(data[position + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return None
        if kind == b"IHDR" and length == 13:
            size = struct.unpack_from(">II", data, position + 8)
        if kind == b"IEND":
            return size if size and 0 < size[0] * size[1] <= _MOST_PIXELS else None
        position = end + 4
    return None


def _pair(
    fields: Mapping[str, Any], pictures: list[Any], arrays: list[Any], note: Note, threshold: float
) -> list[ScoringExplanation]:
    count = max(len(pictures), len(arrays))
    names: list[str | None] = [None] * count
    if pictures and arrays and len(pictures) != len(arrays):
        note(f"There are {len(pictures)} visualizations and {len(arrays)} attributions; expected as many of each.")
    else:
        names = _names(fields, count, threshold)
    return [
        ScoringExplanation(
            names[index],
            index + 1,
            count,
            _read_picture(picture, f"visualizations[{index}]", note),
            _read_array(array, f"attributions[{index}]", note),
        )
        for index, (picture, array) in enumerate(zip_longest(pictures, arrays))
    ]


def _names(fields: Mapping[str, Any], count: int, threshold: float) -> list[str | None]:
    ranked = _classes(fields)
    return match_classes([prob for _, prob in ranked], [name for name, _ in ranked], count, threshold=threshold)


def _top_class(fields: Mapping[str, Any]) -> str | None:
    return max(_classes(fields), key=lambda pair: pair[1], default=(None, 0.0))[0]


def _classes(fields: Mapping[str, Any]) -> list[tuple[str, float]]:
    """(class, probability) in the order of the answer; empty unless both lists are whole."""
    labels, probs = fields.get("labels"), fields.get("probs")
    if not isinstance(labels, list) or not isinstance(probs, list) or len(labels) != len(probs):
        return []
    pairs = [
        (name, float(prob))
        for name, prob in zip(labels, probs, strict=True)
        if isinstance(name, str) and isinstance(prob, (int, float))
    ]
    return pairs if len(pairs) == len(labels) else []


def _as_list(value: Any, key: str, note: Note) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    note(f"{key} is {shown(value)}; expected a list with one part a class.")
    return []


def _read_picture(value: Any, where: str, note: Note) -> bytes | None:
    if value is None:
        return None
    try:
        data = base64.b64decode("".join(value.split()), validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        data = b""
    if png_size(data) is not None:
        return data
    note(f"{where} is {shown(value)}; expected a whole PNG picture as base64 text.")
    return None


def _read_array(value: Any, where: str, note: Note) -> NDArray[np.float32] | None:
    if value is None:
        return None
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(value, dtype=np.float64).astype(np.float32)
    except (TypeError, ValueError, OverflowError):
        note(f"{where} is not an array of numbers; expected lists of the shape [3, c, c].")
        return None
    if array.ndim != 3 or array.shape[0] != 3 or array.shape[1] != array.shape[2] or not array.size:
        note(f"{where} has the shape {list(array.shape)}; expected [3, c, c].")
        return None
    if not np.isfinite(array).all():
        note(f"{where} holds numbers that are not finite.")
        return None
    return array


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list) and depth < 5:
        value, depth = (value[0] if value else None), depth + 1
    return depth
