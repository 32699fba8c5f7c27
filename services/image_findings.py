"""What is wrong with the image a record is about: the same words on every screen and on the command line."""

from __future__ import annotations

from collections.abc import Iterator

from domain.finding import Finding, Severity
from domain.orientation import upright_size
from formats.base import ImageFacts, ImageMatch, Record


def check_image(record: Record, match: ImageMatch, facts: ImageFacts | None, *, file: str) -> Iterator[Finding]:
    """Whether the image is there, readable and of the declared size (formats.md section 11, JL009 and JL011).

    Args:
        record: What a file says.
        match: The image it names.
        facts: Its size, on the grid that the format's tools show; None when it cannot be read.
        file: The name of the file, for the findings.
    """
    if match.path is None:
        found = f"{len(match.candidates)} images fit it equally well" if match.candidates else "no image fits it"
        remedy = "Choose the folder that holds the image, or remove it from the file."
        message = f"{start_of_missing(record.role, record.image_url)}{found}."
        yield Finding("EX011", Severity.ERROR, message, file, remedy=remedy)
    elif facts is None:
        message = f"The image file {match.path} cannot be read."
        yield Finding("EX011", Severity.ERROR, message, file, remedy="Replace the file.")
    else:
        yield from check_size(record, facts, file=file)


def start_of_missing(role: str, address: str) -> str:
    """How the finding about an image that was not found starts; it is taken back by it once the image has come."""
    return f"The {role} is for {address}; "


def check_size(record: Record, facts: ImageFacts, *, file: str) -> Iterator[Finding]:
    """Whether a file declares the size that its image has; arguments as for `check_image`."""
    real = (facts.width, facts.height)
    if record.size is None or record.size == real:
        return
    declared, found = (f"{width}x{height}" for width, height in (record.size, real))
    message = f"{record.image_url} is declared as {declared} pixels, the file has {found}; the file's size holds."
    is_turned = record.size == real[::-1]
    remedy = "It may have been labelled before or after it was turned." if is_turned else "Check that it is this image."
    yield Finding("EX009", Severity.WARNING, message, file, remedy=remedy)


def as_shown(facts: ImageFacts, *, is_upright: bool) -> ImageFacts:
    """Facts about a file with the size on the grid that a format's tools show."""
    if not is_upright:
        return facts
    width, height = upright_size(facts.width, facts.height, facts.orientation)
    return ImageFacts(facts.path, width, height, facts.orientation)
