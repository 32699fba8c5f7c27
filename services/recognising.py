"""Which format a file or folder is in."""

from __future__ import annotations

from pathlib import Path

from domain.errors import FormatError
from formats import FORMATS, Format
from formats.base.files import look_at


def choose_format(path: Path, name: str = "") -> Format:
    """Return the format of that name, or the one that recognises what lies at `path`.

    Raises:
        UnknownNameError: There is no format of that name.
        FormatError: The file is missing or empty, or no format recognises it.
    """
    start = look_at(path)
    if name:
        return FORMATS[name]()
    for cls in FORMATS.values():
        found = cls()
        if found.recognises(start):
            return found
    kind = "folder" if path.is_dir() else "file"
    raise FormatError(
        f"This {kind} is in no format that Relook knows by its content.",
        where=path.name,
        remedy=f"Name the format, one of: {', '.join(FORMATS)}.",
    )


def list_formats(*, writable: bool = False) -> list[type[Format]]:
    """All formats, or those that can be written, in the order of their titles."""
    return sorted((cls for cls in FORMATS.values() if cls.can_write or not writable), key=lambda cls: cls.title.lower())
