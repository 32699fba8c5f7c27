"""Class names as a person gives them for files that hold numbers only."""

from __future__ import annotations

from pathlib import Path

from domain.errors import InputError


def read_numbered_classes(text: str) -> dict[int, str]:
    """Return the class names by their numbers, which count from 0.

    Args:
        text: "can,carton", or the path of a file: a name a line, or JSON (see `predictors.class_names`).

    Raises:
        InputError: A name is empty, or the file cannot be read.
    """
    file = Path(text).expanduser()
    if file.is_file() or file.suffix.lower() in {".txt", ".json", ".names"}:
        from predictors.class_names import read_class_names  # noqa: PLC0415 - torch takes seconds to import

        return dict(enumerate(read_class_names(file)))
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise InputError("A class name is empty.", where=text[:80], remedy="Give one name for every number.")
    return dict(enumerate(names))
