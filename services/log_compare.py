"""Holding a label file against the lines that a log leads to, one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple, Self

import orjson

from domain.errors import InputError
from services.log_file import hash_line
from services.log_reading import LONGEST_ROW, Line

_WINDOW = 200
"""So many lines are looked through to tell a missing or added line from a changed one."""

_LONGEST_NAME = 200


class _Actual(NamedTuple):
    number: int
    digest: str
    start: bytes


class LabelsFile:
    """A label file that is read beside the log. Used with `with`."""

    def __init__(self, file: Path, tell: Callable[[str | None, str], None]) -> None:
        """Open it.

        Args:
            file: The label file.
            tell: Called with (image, what is wrong).

        Raises:
            InputError: It cannot be opened.
        """
        self._tell = tell
        self._hash = sha256()
        self._expected: deque[Line] = deque()
        self._actual: deque[_Actual] = deque()
        self._count = 0
        self._has_differences = False
        try:
            self._stream: IO[bytes] = file.open("rb")
        except OSError as error:
            raise InputError(
                f"The labels cannot be read: {error.strerror}.", where=str(file), remedy="Check the path."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.close()

    def expect(self, line: Line) -> None:
        """A line that the file should hold next."""
        self._expected.append(line)
        if len(self._expected) > _WINDOW:
            self._step()

    def finish(self, *, sha256: str) -> None:
        """There are no more lines; `sha256` is that of the whole file as the log tells it."""
        while self._expected:
            self._step()
        while self._fill(1):
            self._step()
        if not self._has_differences and self._hash.hexdigest() != sha256:
            self._tell(
                "(the file)", "its lines are right, but other bytes than theirs were added, changed or taken out"
            )

    def _step(self) -> None:
        """Settle at least one line of either side."""
        self._fill(_WINDOW if self._expected else 1)
        if self._expected and self._actual and self._expected[0].digest == self._actual[0].digest:
            self._expected.popleft()
            self._actual.popleft()
            return
        self._has_differences = True
        added, missing = self._count_added(), self._count_missing()
        if not self._expected or (added and (not missing or added <= missing)):
            for _ in range(added or 1):
                extra = self._actual.popleft()
                self._tell(_name_in(extra.start), f"line {extra.number:,} of the labels is not in the log")
        elif missing or not self._actual:
            for _ in range(missing or 1):
                self._tell(self._expected.popleft().image_id, "its line is missing in the labels")
        else:
            line, found = self._expected.popleft(), self._actual.popleft()
            what = "the line as it was given" if line.kind == "untouched" else f"the {line.kind} line"
            self._tell(line.image_id, f"line {found.number:,} of the labels is not {what} that the log leads to")

    def _count_added(self) -> int:
        """How many lines stand before the next expected one; 0 when it does not come soon."""
        wanted = self._expected[0].digest if self._expected else ""
        return next((place for place, line in enumerate(self._actual) if line.digest == wanted), 0)

    def _count_missing(self) -> int:
        """How many expected lines were left out before the next one that is there."""
        found = self._actual[0].digest if self._actual else ""
        return next((place for place, line in enumerate(self._expected) if line.digest == found), 0)

    def _fill(self, count: int) -> int:
        """Read on until so many lines are at hand; return how many are."""
        while len(self._actual) < count and (raw := self._stream.readline(LONGEST_ROW)):
            self._hash.update(raw)
            self._count += 1
            line = raw.removesuffix(b"\n")
            self._actual.append(_Actual(self._count, hash_line(line), line[: 64 * 1024]))
        return len(self._actual)


def _name_in(line: bytes) -> str:
    """What names the image on a line of the labels."""
    try:
        url = orjson.loads(line).get("image_url")
    except (ValueError, AttributeError):
        url = None
    return url[:_LONGEST_NAME] if isinstance(url, str) else "(no image)"
