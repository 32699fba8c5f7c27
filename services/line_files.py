"""Files of lines as they are read: opened anew for each pass, never held whole."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.errors import FormatError, LimitError
from domain.progress import Report
from formats.base.files import lines_of, opened
from formats.base.line_blocks import blocks_of

_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file on disk, or one that came through the browser.

    Attributes:
        name: What to call it in findings.
        path: Where it lies; empty for one that came through the browser.
        size: Bytes.
        data: What came through the browser.
    """

    name: str
    path: str
    size: int
    data: bytes = b""

    def lines(self) -> Generator[bytes, None, None]:
        """The lines with their ends, from the start; see `formats.base.files.lines_of`.

        Raises:
            FormatError: It cannot be opened.
        """
        if not self.path:
            yield from lines_of(io.BytesIO(self.data))
            return
        with opened(Path(self.path)) as stream:
            yield from lines_of(stream)

    def blocks(self) -> Generator[list[bytes], None, None]:
        """The lines some thousands at a time, from the start; see `formats.base.line_blocks.blocks_of`.

        Raises:
            FormatError: It cannot be opened.
        """
        if not self.path:
            yield from blocks_of(io.BytesIO(self.data))
            return
        with opened(Path(self.path)) as stream:
            yield from blocks_of(stream)

    def digest(self) -> str:
        """SHA-256 as hex digits."""
        digest = hashlib.sha256(self.data)
        if self.path:
            with opened(Path(self.path)) as stream:
                _update(digest, stream)
        return digest.hexdigest()


class Pass:
    """One pass over a file that counts along.

    Attributes:
        lines: How many were read.
    """

    def __init__(self, file: LineFile, report: Report) -> None:
        self._file = file
        self._report = report
        self._bytes = 0
        self.lines = 0

    def read(self) -> Iterator[bytes]:
        """The lines, counted."""
        for line in self._file.lines():
            self._bytes += len(line)
            self.lines += 1
            yield line

    def blocks(self) -> Iterator[list[bytes]]:
        """The lines in blocks, counted."""
        for lines in self._file.blocks():
            self._bytes += sum(map(len, lines)) + len(lines)
            self.lines += len(lines)
            yield lines

    def tell(self) -> None:
        """Report how many lines were read, of about how many."""
        total = round(self.lines * self._file.size / self._bytes) if self._bytes else self.lines
        self._report(self.lines, max(self.lines, total))


def open_line_file(path: Path, *, max_bytes: int, name: str = "") -> LineFile:
    """Look at a file of lines.

    Raises:
        FormatError: It is missing, no file, empty, or cannot be opened.
        LimitError: It is larger than `max_bytes`.
    """
    if path.is_dir():
        raise FormatError("Found: a folder. Expected: a JSONL file.", where=str(path), remedy="Choose a file in it.")
    with opened(path) as stream:
        size = stream.seek(0, io.SEEK_END)
    return _checked(LineFile(name or path.name, str(path.absolute()), size), max_bytes)


def line_file_of(data: bytes, *, max_bytes: int, name: str) -> LineFile:
    """A file that came through the browser; see `open_line_file`."""
    return _checked(LineFile(name, "", len(data), data), max_bytes)


def _checked(file: LineFile, max_bytes: int) -> LineFile:
    if file.size > max_bytes:
        raise LimitError(
            f"The file has {file.size / 1024**2:,.1f} MB; at most {max_bytes / 1024**2:,.1f} MB are read.",
            where=file.name,
            remedy="Split it, or raise RELOOK_MAX_FILE_BYTES.",
        )
    if not file.size:
        raise FormatError("The file is empty (0 bytes).", where=file.name, remedy="Export it again.")
    return file


def _update(digest: hashlib._Hash, stream: BinaryIO) -> None:
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
