"""An image as the project knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image file of a project.

    Attributes:
        image_id: POSIX path relative to the image folder; unique in its project.
        uri: Where the file lies.
        width: Stored pixels, before any EXIF rotation. 0 when unreadable.
        height: Stored pixels, before any EXIF rotation. 0 when unreadable.
        sha256: Hex digest of the file as it was when `version` was read, or empty when not computed yet. Ask
            `services.content_hash` for the one of the file as it is.
        tags: Free key-value facts.
        orientation: EXIF orientation, 1 to 8.
        problem: Why the file cannot be read, a full sentence; empty when it can.
        version: Changes with the file (`version_of`); empty for an image of no project.
    """

    image_id: str
    uri: str
    width: int
    height: int
    sha256: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    orientation: int = 1
    problem: str = ""
    version: str = ""

    @property
    def is_readable(self) -> bool:
        return not self.problem


def version_of(file_bytes: int, modified_ns: int) -> str:
    """Return what tells one state of a file from another without reading it: its size and the time of its last change.

    A program that writes a file of the same size and gives it the old time goes unseen. Pictures in a browser's cache
    may be named by it; what is computed from the pixels is not (`services.content_hash`).
    """
    return f"{file_bytes:x}-{modified_ns:x}"
