"""Files of lines as they are read: opened anew for each pass, never held whole."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.errors import FormatError, LimitError
from domain.progress import Report
from formats.base.files import lines_of, opened
from formats.base.line_blocks import blocks_of


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file on disk.

    Attributes:
        path: Where it lies.
        origin: The same, to be remembered; empty for one that came through the browser.
        size: Bytes.
    """

    path: Path
    origin: str
    size: int

    @property
    def name(self) -> str:
        """What to call it in findings."""
        return self.path.name

    def lines(self) -> Generator[bytes, None, None]:
        """The lines with their ends, from the start; see `formats.base.files.lines_of`.

        Raises:
            FormatError: It cannot be opened.
        """
        with opened(self.path) as stream:
            yield from lines_of(stream)

    def blocks(self) -> Generator[list[bytes], None, None]:
        """The lines some thousands at a time, from the start; see `formats.base.line_blocks.blocks_of`.

        Raises:
            FormatError: It cannot be opened.
        """
        with opened(self.path) as stream:
            yield from blocks_of(stream)

    def digest(self) -> str:
        """SHA-256 as hex digits."""
        with opened(self.path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


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


def open_line_file(path: Path, *, max_bytes: int, keeps_path: bool = True) -> LineFile:
    """Look at a file of lines.

    Raises:
        FormatError: It is missing, no file, empty, or cannot be opened.
        LimitError: It is larger than `max_bytes`.
    """
    if path.is_dir():
        raise FormatError("Found: a folder. Expected: a JSONL file.", where=str(path), remedy="Choose a file in it.")
    with opened(path) as stream:
        size = stream.seek(0, io.SEEK_END)
    if size > max_bytes:
        raise LimitError(
            f"The file has {size / 1024**2:,.1f} MB; at most {max_bytes / 1024**2:,.1f} MB are read.",
            where=path.name,
            remedy="Split it, or raise RELOOK_MAX_FILE_BYTES.",
        )
    if not size:
        raise FormatError("The file is empty (0 bytes).", where=path.name, remedy="Export it again.")
    return LineFile(path, str(path.absolute()) if keeps_path else "", size)
