"""Opening annotations.xml, for reading and writing, alone or inside the archive that CVAT exports."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

from domain.errors import FormatError, LimitError
from formats.base.files import opened

MEMBER = "annotations.xml"
_MOST_BYTES = 16 * 1024**3
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error)


@contextmanager
def opened_document(path: Path) -> Iterator[BinaryIO]:
    """Open the XML document for reading, unpacking as it is read.

    Raises:
        FormatError: It cannot be opened, or the archive is broken, encrypted or holds no annotations.xml.
    """
    with opened(path) as stream:
        if stream.read(4) != b"PK\x03\x04":
            stream.seek(0)
            yield stream
            return
        with _archive(stream, path) as archive, _member(archive, path) as member:
            yield cast("BinaryIO", _Unpacked(member, path.name))


@contextmanager
def created_document(path: Path, *, is_archive: bool) -> Iterator[TextIO]:
    """Create the XML document for writing, in an archive of its own packed as it is written, or alone."""
    if not is_archive:
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    member = zipfile.ZipInfo(MEMBER)  # dated 1980, so that the same labels give the same bytes
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    with (
        zipfile.ZipFile(path, "w") as archive,
        archive.open(member, "w", force_zip64=True) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="") as stream,
    ):
        yield stream


def holds_document(path: Path) -> bool:
    """Whether a file is an archive with an annotations.xml in it; never raises."""
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(_candidates(archive))
    except (*_BROKEN, OSError):
        return False


def _archive(stream: BinaryIO, path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except _BROKEN as error:
        raise _refusal(error, path) from error


def _member(archive: zipfile.ZipFile, path: Path) -> IO[bytes]:
    names = _candidates(archive)
    if not names:
        remedy = "Export the task as 'CVAT for images 1.1'."
        raise FormatError(f"The archive holds no {MEMBER}.", where=path.name, remedy=remedy)
    try:
        return archive.open(min(names, key=len))
    except _BROKEN as error:
        raise _refusal(error, path) from error


def _refusal(error: Exception, path: Path) -> FormatError:
    return FormatError(f"The archive cannot be unpacked: {error}.", where=path.name, remedy="Export it again.")


def _candidates(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if name == MEMBER or name.endswith(f"/{MEMBER}")]


class _Unpacked:
    """Reads a member of an archive, up to a limit: a small archive can hold endless text."""

    def __init__(self, member: object, where: str) -> None:
        self._member = cast("BinaryIO", member)
        self._left = _MOST_BYTES
        self._where = where

    def read(self, size: int) -> bytes:
        """At most `size` bytes.

        Raises:
            ValueError: The archive is broken here.
            LimitError: More than 16 GB are unpacked.
        """
        try:
            data = self._member.read(size)
        except (*_BROKEN, OSError) as error:
            raise ValueError(f"the archive is broken here ({error})") from error
        self._left -= len(data)
        if self._left < 0:
            raise LimitError(f"{MEMBER} unpacks to more than {_MOST_BYTES / 1024**3:.0f} GB.", where=self._where)
        return data
