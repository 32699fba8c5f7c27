"""Reading label lines of strangers as what they obviously are; `foreign` decides what that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.errors import FormatError
from domain.finding import Finding
from domain.geometry import Segment
from formats.azure.boxes import BOX_KEYS
from formats.azure.catalogue import CATALOGUE
from formats.azure.foreign import RINGS, Survey, survey_lines
from formats.azure.foreign_notation import AZURE, ForeignBox, ForeignLine, ForeignObject, Layout, read_foreign
from formats.azure.image_fields import declared_size
from formats.azure.json_line import iterate_lines, parse_line
from formats.azure.report import LineReport, Remarks
from formats.azure.write import write_line
from formats.base import ReadOptions, Record
from formats.base.files import lines_of, opened

_MARK = b"\xef\xbb\xbf"


class LabelLines:
    """The lines of a label file, mended when the options ask for it.

    `tell` must be given every record as soon as its line was read.
    """

    def __init__(self, path: Path, options: ReadOptions, file: str) -> None:
        """Look through the file first if it is to be mended.

        Raises:
            FormatError: It cannot be opened.
        """
        self._path = path
        self._file = file
        self._options = options
        self._done = ""
        self._survey: Survey | None = None
        if options.mends:
            with opened(path) as stream:
                self._survey = survey_lines((number, _parse(raw)) for number, raw in iterate_lines(lines_of(stream)))

    def __iter__(self) -> Iterator[bytes]:
        with opened(self._path) as stream:
            if self._survey is None:
                yield from lines_of(stream)
                return
            for raw in lines_of(stream):
                yield self._mend(raw, self._survey)

    def tell(self, record: Record) -> Record:
        """The record with a finding of what was mended on its line."""
        if not self._done:
            return record
        finding = Finding(
            "JL015",
            CATALOGUE["JL015"].severity,
            f"Read as what it obviously is: {self._done}.",
            self._file,
            record.line,
            remedy="Look at some images with their labels before the file is used.",
        )
        return replace(record, findings=(finding, *record.findings))

    def _mend(self, raw: bytes, survey: Survey) -> bytes:
        self._done = ""
        fields = _parse(raw)
        if not isinstance(fields, dict):
            return raw
        mended, done = _LineMender(survey, self._options).mend(fields)
        if not done:
            return raw
        try:
            text = write_line(mended, where=self._file)
        except FormatError:
            return raw
        self._done = "; ".join(done)
        return (_MARK if raw.startswith(_MARK) else b"") + text.encode() + b"\n"


class _LineMender:
    def __init__(self, survey: Survey, options: ReadOptions) -> None:
        self._survey = survey
        self._options = options
        self._done: dict[str, None] = {}
        self._size: tuple[int, int] | None = None

    def mend(self, fields: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The line in Azure's notation, and what was done in words; nothing done where the line is Azure's."""
        line = read_foreign(fields)
        names = {line.image_key: "image_url", line.label_key: "label"}
        mended = {names.get(key, key) if key else key: value for key, value in fields.items()}
        for key in (line.image_key, line.label_key):
            if key:
                self._note(f"{key} became {names[key]}")
        self._size = self._find_size(mended)
        if line.objects:
            mended["label"] = self._mend_objects(line, mended.get("label"))
        return mended, list(self._done)

    def _note(self, words: str) -> None:
        self._done[words] = None

    def _find_size(self, fields: dict[str, Any]) -> tuple[int, int] | None:
        """The true size where the image is at hand, else the declared one."""
        url = fields.get("image_url")
        facts = self._options.find_image(url) if isinstance(url, str) else None
        return (facts.width, facts.height) if facts is not None else declared_size(fields)

    def _mend_objects(self, line: ForeignLine, label: Any) -> Any:
        members = label if isinstance(label, list) else [label]
        if line.is_single:
            self._note("a single object became a list")
        return [
            self._mend_object(line.objects[index]) if index in line.objects else member
            for index, member in enumerate(members)
        ]

    def _mend_object(self, item: ForeignObject) -> dict[str, Any]:
        parts = dict(item.source)
        if item.class_key:
            self._note(f"{item.class_key} became label")
            parts = {"label" if key == item.class_key else key: value for key, value in parts.items()}
        if item.box is not None:
            parts = self._mend_box(item.box, parts)
        return self._mend_rings(item, parts) if item.rings else parts

    def _mend_box(self, box: ForeignBox, parts: dict[str, Any]) -> dict[str, Any]:
        layout = self._survey.layout_of(box.notation)
        is_pixels = self._survey.is_pixels(box.notation)
        if layout is Layout.UNKNOWN or (is_pixels and self._size is None):
            return parts
        if box.notation == AZURE and not is_pixels:
            return parts
        width, height = self._size if is_pixels and self._size is not None else (1, 1)
        left, top, right, bottom = _corners(box, layout)
        values = (left / width, top / height, right / width, bottom / height)
        unit = f" in pixels of {width}x{height}" if is_pixels else ""
        self._note(f"boxes were {box.notation}{unit}")
        rest = {key: value for key, value in parts.items() if key not in box.keys}
        label = {"label": rest.pop("label")} if "label" in rest else {}
        return {**label, **dict(zip(BOX_KEYS, values, strict=True)), **rest}

    def _mend_rings(self, item: ForeignObject, parts: dict[str, Any]) -> dict[str, Any]:
        is_pixels = self._survey.is_pixels(RINGS)
        is_own = item.ring_key == "polygon" and not item.ring_shape
        if (is_own and not is_pixels) or (is_pixels and self._size is None):
            return parts
        width, height = self._size if is_pixels and self._size is not None else (1, 1)
        rings = [_divide(ring, width, height) for ring in item.rings]
        if is_pixels:
            self._note(f"polygons were in pixels of {width}x{height}")
        if not is_own:
            self._note(f"outlines were {item.ring_shape or 'flat lists'} under {item.ring_key}")
        return {**{key: value for key, value in parts.items() if key != item.ring_key}, "polygon": rings}


def _corners(box: ForeignBox, layout: Layout) -> tuple[float, float, float, float]:
    first, second, third, fourth = box.numbers
    if layout is Layout.SIZE:
        return first, second, first + third, second + fourth
    if layout is Layout.CENTRE:
        return first - third / 2, second - fourth / 2, first + third / 2, second + fourth / 2
    return first, second, third, fourth


def _divide(ring: Segment, width: int, height: int) -> list[float]:
    return [value / (height if index % 2 else width) for index, value in enumerate(ring)]


def _parse(raw: bytes) -> Any:
    """The value of a line with which nothing is wrong as JSON, else None: that is for the reader to tell."""
    report = LineReport("", 0, "JL", Remarks())
    value = parse_line(raw.removeprefix(_MARK).rstrip(b"\r\n"), report)
    return None if report.findings else value
