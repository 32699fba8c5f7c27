"""What concerns many objects and is said once per file, with a count."""

from __future__ import annotations

from collections import Counter

from domain.geometry import Box
from formats.base.rules import FileReport
from formats.coco.shapes import Size

_LARGEST_FRACTION = 1.5
"""Pixels; boxes that all end before it are fractions of the image, as Azure's converter takes them (formats.md 1.7)."""
_SMALLEST_SIDE = 2

_WORDING: dict[str, tuple[str, str, str]] = {
    "mask": (
        "EX009",
        "Masks traced into outlines that fill the very same pixels: {count}.",
        "Nothing to do; in formats without masks they are written as these outlines.",
    ),
    "crowd mask": (
        "EX009",
        "Masks of crowds (iscrowd 1), kept as outlines with the crowd flag: {count}.",
        "Nothing to do.",
    ),
    "other box": (
        "EX009",
        "Boxes that differ from their outlines, by up to {most:.1f} pixels: {count}. The outlines hold.",
        "Nothing to do; what is written has the boxes of the outlines.",
    ),
    "joined": (
        "EX009",
        "Objects with outlines that overlap, which COCO means together: {count}. They were joined.",
        "Nothing to do.",
    ),
    "flat": (
        "EX009",
        "Segmentations that are one plain list of numbers; expected a list of outlines: {count}.",
        "Nothing to do: each was read as one outline.",
    ),
    "no outline": (
        "EX009",
        "Objects with a box and no outline, where others have outlines: {count}.",
        "Draw the outlines, or read the file as object detection.",
    ),
    "outline left out": (
        "EX009",
        "Outlines left out, because the file is read as object detection: {count}.",
        "Read it as instance segmentation to keep them.",
    ),
    "supercategory": (
        "EX009",
        "Classes with a supercategory, which only COCO labels keep: {count}.",
        "Keep the file for them where another format is written.",
    ),
    "score left out": (
        "EX009",
        "Scores left out, because labels have none: {count}.",
        "If a model made them, export them as a results list.",
    ),
    "no id": ("EX009", "Objects without an id: {count}.", "Nothing to do: they are told by their order."),
    "keypoints": ("EX015", "Objects whose keypoints are left out: {count}.", "Keep the file if you need them."),
    "caption": ("EX015", "Captions left out: {count}.", "Keep the file if you need them."),
    "segments_info": (
        "EX015",
        "Annotations whose panoptic segments are left out: {count}.",
        "Keep the file if you need them.",
    ),
}


class Remarks:
    """Counts by kind; `report` words them at the end."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._most: dict[str, float] = {}
        self._keys: dict[str, Counter[str]] = {}
        self._boxes = 0
        self._reach = 0.0

    def count(self, kind: str, amount: float = 0.0) -> None:
        """Count one thing, of which the largest `amount` is told."""
        self._counts[kind] += 1
        if amount:
            self._most[kind] = max(self._most.get(kind, 0.0), amount)

    def measure(self, box: Box, size: Size) -> None:
        """Note how far a box reaches, to tell boxes that are no pixels."""
        if max(size) > _SMALLEST_SIDE:
            edges = (box.x_min * size[0], box.x_max * size[0], box.y_min * size[1], box.y_max * size[1])
            self._boxes += 1
            self._reach = max(self._reach, *map(abs, edges))

    def count_key(self, part: str, key: str) -> None:
        """Count a key of a part ("image", "annotation") that is not kept."""
        self._keys.setdefault(part, Counter())[key] += 1

    def report(self, report: FileReport) -> None:
        for kind, (code, message, remedy) in _WORDING.items():
            if self._counts[kind]:
                words = message.format(count=self._counts[kind], most=self._most.get(kind, 0.0))
                report.add(code, words, remedy=remedy)
        if self._boxes and self._reach < _LARGEST_FRACTION:
            self._report_fractions(report)
        for part, keys in self._keys.items():
            listed = ", ".join(f"{key} ({count})" for key, count in keys.most_common(20))
            more = f" and {len(keys) - 20} others" if len(keys) > 20 else ""
            report.add("EX009", f"Keys of {part} that are not kept: {listed}{more}.", remedy="Keep the file for them.")

    def _report_fractions(self, report: FileReport) -> None:
        message = (
            f"No coordinate of the boxes ({self._boxes}) reaches {_LARGEST_FRACTION} pixels (the largest is "
            f"{self._reach:.3g}): they seem to be fractions of the image. They are read as pixels, as COCO means them."
        )
        report.add("EX009", message, remedy="If so, multiply them by the width and height of their image.")
