"""Folders with a file of labels for every image: finding the files, and naming those that are written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from domain.errors import FormatError, InputError, LimitError
from formats.base.files import read_document
from formats.base.rules import FileReport

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"),
    *(".jfif", ".jpe", ".mpo", ".dng", ".pfm", ".heic"),
)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\ud800-\udfff]')
_LONGEST_PART = 120


def files_below(path: Path, suffix: str) -> Iterator[tuple[str, Path]]:
    """(relative POSIX path, file) of the files with that suffix below a folder, sorted; `path` itself if a file."""
    if not path.is_dir():
        yield path.name, path
        return
    names = [
        Path(where, name).relative_to(path).as_posix()
        for where, _, files in os.walk(path)
        for name in files
        if name.lower().endswith(suffix)
    ]
    for name in sorted(names):
        yield name, path / name


def read_small(name: str, file: Path, report: FileReport, *, limit: int) -> bytes | None:
    """The bytes of one file of a folder; None (noted as EX001) when it cannot be read or is too large."""
    try:
        return read_document(file, limit=limit)
    except (FormatError, LimitError) as error:
        report.add("EX001", error.message, remedy=error.remedy, file=name)
        return None


def first_file(path: Path, suffix: str) -> Path | None:
    """Some file with that suffix at most two folders below `path`, for sniffing; None when there is none."""
    try:
        for where, folders, files in os.walk(path):
            found = [name for name in files if name.lower().endswith(suffix)]
            if found:
                return Path(where, min(found))
            if len(Path(where).relative_to(path).parts) >= 2:
                folders.clear()
    except OSError:
        return None
    return None


def read_head(path: Path, *, size: int = 64 * 1024) -> bytes:
    """The first bytes of a file, for sniffing; empty when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError:
        return b""


class FileNames:
    """Gives every image a file of labels of its own: photos/1.jpg -> photos/1.json."""

    def __init__(self, folder: Path, suffix: str) -> None:
        """Args:
        folder: Where the files go.
        suffix: Of the files, e.g. ".json".
        """
        self._folder = folder
        self._suffix = suffix
        self._taken: set[str] = set()

    def open_for(self, image: str) -> Path:
        """The file for an image, in a folder that exists. Images of one stem get names with their suffix, or a number.

        Raises:
            InputError: The folder cannot be made.
        """
        parts = [_safe(part) for part in PurePosixPath(image).parts if part not in {"/", "..", "."}] or ["image"]
        stem = "/".join([*parts[:-1], PurePosixPath(parts[-1]).stem])
        name = next(name for name in self._names(stem, "/".join(parts)) if name.lower() not in self._taken)
        self._taken.add(name.lower())
        file = self._folder / f"{name}{self._suffix}"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The folder cannot be made: {error.strerror}.", where=str(file.parent)) from error
        return file

    def _names(self, stem: str, whole: str) -> Iterator[str]:
        yield stem
        yield whole
        for number in range(2, len(self._taken) + 3):
            yield f"{whole}.{number}"


def _safe(part: str) -> str:
    return _UNSAFE.sub("_", part)[-_LONGEST_PART:]
