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
        sha256: Hex digest of the file, or empty when not computed yet.
        tags: Free key-value facts.
        orientation: EXIF orientation, 1 to 8.
        problem: Why the file cannot be read, a full sentence; empty when it can.
    """

    image_id: str
    uri: str
    width: int
    height: int
    sha256: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    orientation: int = 1
    problem: str = ""

    @property
    def is_readable(self) -> bool:
        return not self.problem
