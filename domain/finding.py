"""What a validator or an importer found in a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, worded for the person who has to mend it.

    Attributes:
        code: Catalogue entry, e.g. "JL006" (formats.md section 11), or an upper-case word for image files.
        severity: ERROR means the training platform would refuse or silently drop it.
        message: What was found and what was expected, a full sentence.
        file: File name or relative path.
        line: 1-based, or None.
        column: 1-based, or None.
        annotation: 0-based index of the object within the line, or None.
        remedy: What to do, a full sentence.
    """

    code: str
    severity: Severity
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    annotation: int | None = None
    remedy: str = ""

    @property
    def place(self) -> str:
        """Where in the file, in words: "line 118, object 2"."""
        parts: list[str] = []
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        if self.annotation is not None:
            parts.append(f"object {self.annotation + 1}")
        return ", ".join(parts)
