"""Label files of strangers: told in one sentence a file, and read as what they obviously are when a person asks.

What the numbers of a notation are (pixels or fractions, corners or sizes) is decided for the whole file.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.finding import Finding
from formats.azure.catalogue import CATALOGUE
from formats.azure.foreign_notation import AZURE, ForeignBox, ForeignLine, Layout, read_foreign
from formats.azure.image_fields import declared_size
from formats.azure.report import printable

RINGS = "polygons"
_PIXELS = 1.5
_MARGIN = 1.02
_UNTOLD = "Write topX, topY, bottomX and bottomY: whether these are corners or sizes the file does not tell."
_SINGULAR = {"give": "gives", "name": "names", "hold": "holds"}


@dataclass(slots=True)
class _Use:
    """How often a notation of coordinates is used, and what tells its meaning.

    Attributes:
        lines: Lines that use it.
        first: The first of them.
        pixel_lines: Those with a number above 1.5.
        sizeless: Those that do not declare the size of their image.
        corners: Boxes whose third number or fourth cannot be a size.
        sizes: Boxes whose third number or fourth cannot be a corner.
    """

    lines: int = 0
    first: int = 0
    pixel_lines: int = 0
    sizeless: int = 0
    corners: int = 0
    sizes: int = 0
    layout: Layout = Layout.UNKNOWN


@dataclass(slots=True)
class _Pattern:
    lines: int = 0
    first: int = 0


@dataclass(slots=True)
class Survey:
    """Counts the notations of a file.

    Attributes:
        lines: Lines counted.
        uses: Notation of boxes, or `RINGS` -> how it is used.
        patterns: What else is foreign, as it is told -> how often.
    """

    lines: int = 0
    uses: dict[str, _Use] = field(default_factory=dict[str, _Use])
    patterns: dict[str, _Pattern] = field(default_factory=dict[str, _Pattern])

    def add(self, fields: Mapping[str, Any], number: int) -> None:
        """Count one line."""
        self.lines += 1
        line = read_foreign(fields)
        size = declared_size(fields)
        for words in _strange_keys(line):
            pattern = self.patterns.setdefault(words, _Pattern(first=number))
            pattern.lines += 1
        for notation, numbers in _numbers_of(line).items():
            use = self.uses.setdefault(notation, _Use(first=number))
            use.lines += 1
            use.sizeless += size is None
            use.pixel_lines += any(abs(each) > _PIXELS for each in numbers)
        for item in line.objects.values():
            if item.box is not None:
                self._weigh(item.box, size)

    def _weigh(self, box: ForeignBox, size: tuple[int, int] | None) -> None:
        use = self.uses[box.notation]
        use.layout = box.layout
        left, top, third, fourth = box.numbers
        width, height = size if max(box.numbers) > _PIXELS and size is not None else (1, 1)
        is_judged = size is not None or max(box.numbers) <= _PIXELS
        use.sizes += third <= left or fourth <= top
        use.corners += is_judged and (left + third > width * _MARGIN or top + fourth > height * _MARGIN)

    def is_pixels(self, notation: str, lines: int = 0) -> bool:
        """Whether a notation is in pixels: more than half of its lines have a number above 1.5.

        Args:
            notation: Of boxes, or `RINGS`.
            lines: Lines that use it, where more do than were counted here.
        """
        use = self.uses[notation]
        return use.pixel_lines * 2 > max(use.lines, lines)

    def layout_of(self, notation: str) -> Layout:
        """What the four numbers of a notation are; UNKNOWN where the file does not tell."""
        use = self.uses[notation]
        if use.layout is not Layout.UNKNOWN or bool(use.corners) == bool(use.sizes):
            return use.layout
        return Layout.CORNERS if use.corners else Layout.SIZE

    def findings(self, file: str, *, lines: int) -> list[Finding]:
        """One finding for each notation of the file that is not Azure's.

        Args:
            file: Its name.
            lines: How many it has that are not blank; nothing is wrong with those that were not counted here.
        """
        remedy = _remedy(file, needs_images=any(use.sizeless and use.pixel_lines for use in self.uses.values()))
        found = [_tell(words, pattern, lines, file, remedy) for words, pattern in self.patterns.items()]
        for notation, use in self.uses.items():
            is_own = notation in {AZURE, RINGS}
            is_pixels = self.is_pixels(notation, use.lines + lines - self.lines if is_own else 0)
            if not is_own or is_pixels:
                layout = self.layout_of(notation)
                words = _describe(notation, layout, is_pixels=is_pixels)
                found.append(
                    _tell(words, use, lines, file, remedy if is_own or layout is not Layout.UNKNOWN else _UNTOLD)
                )
        return found


def survey_lines(lines: Iterable[tuple[int, Any]]) -> Survey:
    """Count the notations of all lines, each as (1-based number, parsed value)."""
    survey = Survey()
    for number, fields in lines:
        if isinstance(fields, dict):
            survey.add(fields, number)
    return survey


def _strange_keys(line: ForeignLine) -> Iterable[str]:
    if line.image_key:
        yield f"name the image by {printable(line.image_key)}, expected image_url"
    if line.label_key:
        yield f"hold their objects under {printable(line.label_key)}, expected label"
    if line.is_single:
        yield "hold a single object under label, expected a list"
    for key in {item.class_key for item in line.objects.values() if item.class_key}:
        yield f"name the class of an object by {printable(key)}, expected label"
    for key in {item.ring_key for item in line.objects.values() if item.ring_key not in {"", "polygon"}}:
        yield f"hold outlines under {printable(key)}, expected polygon"
    for shape in {item.ring_shape for item in line.objects.values() if item.ring_shape}:
        yield f"give outlines as {shape}, expected a list of flat lists x1, y1, x2, y2, ..."


def _numbers_of(line: ForeignLine) -> dict[str, list[float]]:
    numbers: dict[str, list[float]] = {}
    for item in line.objects.values():
        if item.box is not None:
            numbers.setdefault(item.box.notation, []).extend(item.box.numbers)
        if item.rings:
            numbers.setdefault(RINGS, []).extend(number for ring in item.rings for number in ring)
    return numbers


def _describe(notation: str, layout: Layout, *, is_pixels: bool) -> str:
    if notation == RINGS:
        return "give polygons in pixels, expected fractions of the image's width and height"
    what = printable(notation) if len(notation.split(", ")) == 4 else f"{printable(notation)} ({layout.value})"
    unit = "in pixels" if is_pixels else "in fractions"
    expected = f"{AZURE} as fractions" if is_pixels else AZURE
    if notation == AZURE:
        expected = "fractions of the image's width and height"
    return f"give boxes as {what} {unit}, expected {expected}"


def _tell(words: str, use: _Use | _Pattern, lines: int, file: str, remedy: str) -> Finding:
    count = f"All {lines:,} lines" if use.lines == lines > 1 else f"{use.lines:,} of {lines:,} lines"
    if use.lines == 1:
        verb, rest = words.split(" ", 1)
        words = f"{_SINGULAR[verb]} {rest}".replace("their objects", "its objects")
    return Finding("JL014", CATALOGUE["JL014"].severity, f"{count} {words}.", file, use.first, remedy=remedy)


def _remedy(file: str, *, needs_images: bool) -> str:
    images = " --images DIR" if needs_images else ""
    command = f"python -m cli convert {shlex.quote(file)} OUT --from azure-jsonl --to azure-jsonl --mend{images}"
    return f"Convert the file: {command}"
