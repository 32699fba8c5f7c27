"""Holding a label file against the images it is about: JL011, declared sizes, one image under two addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class LinePlace:
    """A line, for findings about its image.

    Attributes:
        file: The file's name.
        line: 1-based.
        image_url: What names the image.
        text: Of the line.
    """

    file: str
    line: int
    image_url: str
    text: str

    def find(self, code: str, message: str, remedy: str = "", *, key: str = "image_url") -> Finding:
        column = column_of(self.text, [key])
        return Finding(code, CATALOGUE[code].severity, message, self.file, self.line, column, remedy=remedy)


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
        url, line = self._seen.setdefault(match.path or "", (record.image_url, record.line))
        place = LinePlace(self._file, record.line, record.image_url, record.text)
        return judge_image(
            place,
            match,
            size=self._known_images.get(match.path or "", (0, 0)),
            declared=declared_size(record.fields),
            first_line=0 if url == record.image_url else line,
        )


def judge_image(
    place: LinePlace, match: ImageMatch, *, size: tuple[int, int], declared: tuple[int, int] | None, first_line: int
) -> list[Finding]:
    """What is to say about the image of a line.

    Args:
        place: The line.
        match: What its address leads to.
        size: (width, height) of the file in stored pixels, 0 when unreadable.
        declared: (width, height) that the line declares.
        first_line: The line that names the same file by another address; 0 without one.
    """
    if match.path is None:
        return [_note_unmatched(place, match)]
    findings = [place.find("JL009", match.remark)] if match.remark else []
    if not size[0] or not size[1]:
        message = f"The image file {match.path} cannot be read."
        finding = place.find("JL011", message, "Replace the file or remove the line.")
        return [*findings, replace(finding, severity=Severity.ERROR)]
    if declared is not None and declared != size:
        message = f"The line declares {declared[0]}x{declared[1]} pixels, the file has {size[0]}x{size[1]}."
        remedy = "The file's size holds. Check that the line is about this image."
        findings.append(place.find("JL009", message, remedy, key="image_details"))
    if first_line:
        message = f"The image file {match.path} already stands on line {first_line}, under another image_url."
        findings.append(place.find("JL009", message, "Keep one line per image."))
    return findings


def _note_unmatched(place: LinePlace, match: ImageMatch) -> Finding:
    if match.candidates:
        some = ", ".join(match.candidates[:3])
        message = f"{len(match.candidates)} image files fit this image_url equally well: {some}."
        remedy = "Choose the folder above, so that more of the path can be compared, or rename the files."
    else:
        message = "No image file in the folder fits this image_url."
        remedy = "Choose the folder that holds the image, or remove the line."
    return replace(place.find("JL011", message, remedy), severity=Severity.ERROR)
