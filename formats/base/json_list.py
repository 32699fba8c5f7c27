"""Taking a JSON list of objects apart without holding it: the text of one member at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from formats.base.rules import FileReport

LARGEST_MEMBER = 64 * 1024**2
_CHUNK = 1024**2
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}"]', re.DOTALL)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REMEDY = "Mend the file there, or export it again."


def iterate_members(stream: BinaryIO, report: FileReport) -> Iterator[tuple[int, bytes]]:
    """Yield (1-based line, text) of the members of a list; of an object, the whole of it as the one member.

    The texts are cut at brackets only and still have to be parsed. What is no list or object, breaks off, stands
    between members or behind the end is noted as EX001, with its line; so is a member above 64 MB, which ends the
    reading.
    """
    yield from _Splitter(stream, report).run()


class _Splitter:
    """Scans a window of the file: the current member or gap begins at `_start`, scanning goes on at `_place`."""

    def __init__(self, stream: BinaryIO, report: FileReport) -> None:
        self._stream = stream
        self._report = report
        self._text = b""
        self._line = 1
        self._start = 0
        self._place = 0

    def run(self) -> Iterator[tuple[int, bytes]]:
        self._fill()
        if self._text.startswith(_BYTE_ORDER_MARK):
            self._start = self._place = len(_BYTE_ORDER_MARK)
        first = self._next_token()
        if first not in {b"[", b"{"} or self._gap(first):
            self._note("The document is no JSON list; expected one of objects.")
            return
        if first == b"{":
            yield from self._member()
        else:
            self._advance(self._place)
            yield from self._members()
        while not self._text[self._start :].strip() and self._fill():
            pass
        if self._text[self._start :].strip():
            self._note("Something stands behind the end of the document.")

    def _members(self) -> Iterator[tuple[int, bytes]]:
        expected = b""
        while (token := self._next_token()) not in {b"]", None}:
            between = self._gap(token)
            is_member = token in {b"{", b"["}
            if not is_member or between != expected:
                self._note(f"Found: {(between + (token or b''))[:40].decode(errors='replace')}. Expected: an object.")
            if not is_member:
                self._advance(self._place)
                continue
            whole = list(self._member())
            if not whole:
                return
            yield from whole
            expected = b","
        if self._gap(token):
            self._note("Something that is no object stands before the end of the list.")
        if token is None:
            self._note("The list breaks off before its end.")
        self._advance(self._place)

    def _member(self) -> Iterator[tuple[int, bytes]]:
        """The member whose opening bracket was just read."""
        self._advance(self._place - 1)
        self._place, depth = self._start + 1, 1
        while depth:
            token = self._next_token()
            if token is None:
                self._note("The last object breaks off before its end, or is larger than 64 MB.")
                self._advance(len(self._text))
                return
            depth += (token in {b"{", b"["}) - (token in {b"}", b"]"})
        line, text = self._line, self._text[self._start : self._place]
        self._advance(self._place)
        yield line, text

    def _gap(self, token: bytes | None) -> bytes:
        """What stands between the last member and the token just read."""
        return self._text[self._start : self._place - len(token or b"")].strip()

    def _next_token(self) -> bytes | None:
        """The next bracket or text; None at the end of the file or when a member grows too large."""
        while True:
            found = _TOKEN.search(self._text, self._place)
            if found is not None and found[0] != b'"':
                self._place = found.end()
                return found[0]
            self._place = len(self._text) if found is None else found.start()
            if len(self._text) - self._start > LARGEST_MEMBER or not self._fill():
                return None

    def _fill(self) -> bool:
        """Read on, forgetting what lies before the current member; ever more of a long one, which is scanned again."""
        data = self._stream.read(max(_CHUNK, len(self._text) - self._start))
        self._text = self._text[self._start :] + data
        self._place -= self._start
        self._start = 0
        return bool(data)

    def _advance(self, place: int) -> None:
        self._line += self._text.count(b"\n", self._start, place)
        self._start = self._place = place

    def _note(self, message: str) -> None:
        rest = self._text[self._start : self._start + _CHUNK]
        line = self._line + rest[: len(rest) - len(rest.lstrip(b", \t\r\n"))].count(b"\n")
        self._report.add("EX001", message, line=line, remedy=_REMEDY)
