"""Opening what a person points at: lines without holding the file, documents with a limit, starts for sniffing."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from domain.errors import FormatError, LimitError
from formats.base.characters import NOT_IN_JSON
from formats.base.format import FileStart
from formats.base.json_keys import find_repeated_key
from formats.base.rules import FileReport

LONGEST_LINE = 32 * 1024**2
LARGEST_DOCUMENT = 1024**3
_ZERO = re.compile(r"((?<!\\)(?:\\\\)*)\\u0000")
_HEAD_BYTES = 1024**2
_MOST_NAMES = 1000


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Open a file for reading.

    Raises:
        FormatError: It is a folder, missing, or may not be read.
    """
    try:
        if path.is_dir():
            raise FormatError("Found: a folder. Expected: a file.", where=str(path), remedy="Choose a file in it.")
        stream = path.open("rb")
    except OSError as error:
        raise FormatError(
            f"The file cannot be opened: {error.strerror}.",
            where=str(path),
            remedy="Check the path and its permissions.",
        ) from error
    with stream:
        yield stream


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines with their ends; of a line above `LONGEST_LINE` the first part only, without an end.

    A line feed ends a line. What follows the first part of a line that is too long is read and thrown away.
    """
    while line := stream.readline(LONGEST_LINE):
        yield line
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass


def look_at(path: Path) -> FileStart:
    """Read what tells a format.

    Raises:
        FormatError: There is nothing at `path`, it may not be read, or it is empty.
    """
    if path.is_dir():
        return FileStart(path, b"", tuple(sorted(_names_below(path))))
    with opened(path) as stream:
        head = stream.read(_HEAD_BYTES)
        if b"\n" not in head:
            head += stream.readline(LONGEST_LINE)  # a file of lines tells its format by a whole one
    if not head:
        raise FormatError("The file is empty (0 bytes).", where=path.name, remedy="Export it again.")
    return FileStart(path, head, tuple(sorted(_names_inside(path))) if head.startswith(b"PK\x03\x04") else ())


def _names_below(folder: Path) -> Iterator[str]:
    names = (
        Path(where, name).relative_to(folder).as_posix()
        for where, _, files in os.walk(folder)
        for name in sorted(files)
    )
    return islice(names, _MOST_NAMES)


def _names_inside(archive: Path) -> list[str]:
    try:
        with zipfile.ZipFile(archive) as opened_archive:
            return opened_archive.namelist()[:_MOST_NAMES]
    except (zipfile.BadZipFile, OSError):
        return []


def read_document(path: Path, *, limit: int = LARGEST_DOCUMENT) -> bytes:
    """Return a whole file, without a UTF-8 byte order mark.

    Raises:
        FormatError: It cannot be opened.
        LimitError: It is larger than `limit` bytes.
    """
    with opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise LimitError(
                f"The file has {size / 1024**2:,.1f} MB; at most {limit / 1024**2:,.0f} MB can be read in one piece.",
                where=path.name,
                remedy="Split it, or convert it with the program it comes from to a format of lines.",
            )
        return stream.read().removeprefix(b"\xef\xbb\xbf")


def parse_json(data: bytes, report: FileReport, *, code: str = "EX001", line: int | None = None) -> Any | None:
    """Parse a JSON document; None (noted with line and column) when it is not one, or nests too deeply.

    Args:
        data: The bytes.
        report: Where the finding goes.
        code: Of the finding.
        line: Where the document starts, for one that stands on a line of its own.
    """
    value = _parse(data, report, code, line)
    repeated = None if value is None else find_repeated_key(data, value)
    if repeated is not None:
        message = f"The key {json.dumps(repeated)[:60]} stands twice in one object; the last one is read."
        report.add(code, message, line=line, remedy="Remove one of the two.")
    return value


def _parse(data: bytes, report: FileReport, code: str, line: int | None) -> Any | None:
    """The fast parser first, the standard library's for everything it refuses."""
    if b"\\u0000" not in data:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
    try:
        return _mend_texts(json.loads(data.decode(), parse_constant=_refuse_constant), report, code, line)
    except UnicodeDecodeError as error:
        where = data[: error.start].count(b"\n") + 1
        report.add(code, "The file is not UTF-8 text.", line=line or where, remedy="Save the file as UTF-8.")
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg[:1].lower()}{error.msg[1:]}."
        report.add(code, message, line=(line or 1) + error.lineno - 1, column=error.colno, remedy="Mend it there.")
    except (RecursionError, ValueError) as error:
        words = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        report.add(code, f"This is not JSON that can be read: {words}.", line=line, remedy="Mend or split it.")
    return None


def _mend_texts(value: Any, report: FileReport, code: str, line: int | None) -> Any:
    """The value with U+FFFD for what no file and no database takes back, noted."""
    text = json.dumps(value, ensure_ascii=False)
    mended = NOT_IN_JSON.sub("\ufffd", _ZERO.sub("\\1\ufffd", text))
    if mended == text:
        return value
    message = "A text holds half a surrogate pair or the zero character (\\u0000); it is read as U+FFFD."
    report.add(code, message, line=line, remedy="Mend the text.")
    return json.loads(mended)


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"it holds {text}, expected a finite number")
