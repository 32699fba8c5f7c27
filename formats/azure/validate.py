"""Holding a label file against the images it is about: JL011, declared sizes, one image under two addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from domain.finding import Finding, Severity
from domain.prediction import Instances
from formats.azure.catalogue import CATALOGUE
from formats.azure.columns import column_of
from formats.azure.crossings import find_crossing
from formats.azure.image_fields import declared_size
from formats.base import ImageMatch, ParsedFile, Record

FindImage = Callable[[str], ImageMatch]


def validate_labels(
    parsed: ParsedFile,
    *,
    file: str = "",
    known_images: Mapping[str, tuple[int, int]] | None = None,
    find_image: FindImage | None = None,
) -> list[Finding]:
    """All findings of a label file in reading order, with those that take a second look.

    Args:
        parsed: What `parse_labels` gave.
        file: The file's name, for the findings.
        known_images: Relative path -> (width, height) in stored pixels, 0 when unreadable; None to leave images out.
        find_image: Finds the path of an image_url among them, e.g. `ImageIndex(known_images).find`.
    """
    checker = ImageChecker(file, known_images or {}, find_image) if find_image is not None else None
    findings = list(parsed.findings)
    for record in parsed.records:
        findings += record.findings
        findings += check_crossings(record, file=file)
        findings += checker.check(record) if checker is not None else []
    return findings


def check_crossings(record: Record, *, file: str) -> list[Finding]:
    """A warning for every object whose outline crosses itself."""
    if not isinstance(record.content, Instances):
        return []
    findings: list[Finding] = []
    for item in record.content.items:
        point = next(filter(None, map(find_crossing, item.polygons)), None)
        if point is not None:
            index = record.instance_ids.index(item.instance_id)
            message = f"The polygon crosses itself near x {point[0]:.3f}, y {point[1]:.3f}."
            column = column_of(record.text, ["label", index, "polygon"])
            remedy = "Move the points apart; Azure takes it, but the area inside is not what the outline shows."
            rule = CATALOGUE["JL009"]
            findings.append(Finding(rule.code, rule.severity, message, file, record.line, column, index, remedy))
    return findings


class ImageChecker:
    """Checks line by line whether images are there, readable, of the declared size, and named once."""

    def __init__(self, file: str, known_images: Mapping[str, tuple[int, int]], find_image: FindImage) -> None:
        self._file = file
        self._known_images = known_images
        self._find_image = find_image
        self._seen: dict[str, tuple[str, int]] = {}

    def check(self, record: Record) -> list[Finding]:
        """The findings about the image of one line; none for a line without image_url."""
        if not record.image_url:
            return []
        match = self._find_image(record.image_url)
        if match.path is None:
            return [self._note_unmatched(record, match)]
        findings = [self._find(record, "JL009", match.remark)] if match.remark else []
        width, height = self._known_images.get(match.path, (0, 0))
        if not width or not height:
            message = f"The image file {match.path} cannot be read."
            finding = self._find(record, "JL011", message, "Replace the file or remove the line.")
            return [*findings, replace(finding, severity=Severity.ERROR)]
        return [*findings, *self._check_size(record, (width, height)), *self._check_repeat(record, match.path)]

    def _note_unmatched(self, record: Record, match: ImageMatch) -> Finding:
        if match.candidates:
            some = ", ".join(match.candidates[:3])
            message = f"{len(match.candidates)} image files fit this image_url equally well: {some}."
            remedy = "Choose the folder above, so that more of the path can be compared, or rename the files."
        else:
            message = "No image file in the folder fits this image_url."
            remedy = "Choose the folder that holds the image, or remove the line."
        return replace(self._find(record, "JL011", message, remedy), severity=Severity.ERROR)

    def _check_size(self, record: Record, size: tuple[int, int]) -> list[Finding]:
        declared = declared_size(record.fields)
        if declared is None or declared == size:
            return []
        message = f"The line declares {declared[0]}x{declared[1]} pixels, the file has {size[0]}x{size[1]}."
        remedy = "The file's size holds. Check that the line is about this image."
        return [self._find(record, "JL009", message, remedy, key="image_details")]

    def _check_repeat(self, record: Record, path: str) -> list[Finding]:
        url, line = self._seen.setdefault(path, (record.image_url, record.line))
        if url == record.image_url:
            return []
        message = f"The image file {path} already stands on line {line}, under another image_url."
        return [self._find(record, "JL009", message, "Keep one line per image.")]

    def _find(self, record: Record, code: str, message: str, remedy: str = "", *, key: str = "image_url") -> Finding:
        column = column_of(record.text, [key])
        return Finding(code, CATALOGUE[code].severity, message, self._file, record.line, column, remedy=remedy)
