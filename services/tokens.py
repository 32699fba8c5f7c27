"""Who may use the scoring endpoint: bearer tokens from a file, read again when it changes."""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from domain.errors import InputError
from services.access import AccessError

_SHORTEST = 16
_EXAMPLE = "Write a name and a token of at least 16 signs a line, and, if it ends, the last day as YYYY-MM-DD."


@dataclass(frozen=True, slots=True)
class Token:
    """One line of the file.

    Attributes:
        name: Who it belongs to; stands in the log.
        digest: SHA-256 of the token.
        last_day: The last day it holds, UTC; None for ever.
    """

    name: str
    digest: bytes
    last_day: date | None = None


class Tokens:
    """The tokens of a file. A line that was taken out counts no more from the next request on."""

    def __init__(self, path: Path) -> None:
        """Read the file once.

        Raises:
            InputError: It cannot be read, or a line is not right.
        """
        self._path = path
        self._lock = threading.Lock()
        self._stamp, self._tokens = self._read()

    def check(self, header: str) -> str:
        """Return whose token an `Authorization` header holds.

        Raises:
            AccessError: It holds none, an unknown one, or one whose days are over.
        """
        scheme, _, given = header.partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            raise AccessError("The request has no token.", remedy="Send the header Authorization: Bearer TOKEN.")
        digest = sha256(given.strip().encode()).digest()
        # All are compared, so that the time tells nothing.
        matching = [token for token in self._current() if hmac.compare_digest(token.digest, digest)]
        if not matching:
            raise AccessError("The token is not known.", remedy="Ask whoever runs the server for one.")
        token = matching[0]
        if token.last_day is not None and datetime.now(UTC).date() > token.last_day:
            raise AccessError(
                f"The token of {token.name} held until {token.last_day}.",
                remedy="Ask whoever runs the server for a new one.",
            )
        return token.name

    def _current(self) -> list[Token]:
        with self._lock:
            try:
                if self._path.stat().st_mtime_ns != self._stamp:
                    self._stamp, self._tokens = self._read()
            except (OSError, InputError) as error:
                raise AccessError(
                    "The list of tokens cannot be read just now.", remedy="Tell whoever runs the server."
                ) from error
            return self._tokens

    def _read(self) -> tuple[int, list[Token]]:
        try:
            stamp, text = self._path.stat().st_mtime_ns, self._path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"The list of tokens cannot be read: {error}.", where=str(self._path), remedy=_EXAMPLE
            ) from error
        lines = [line.split() for line in text.splitlines()]
        tokens = [
            _parse_line(words, f"{self._path}, line {number}")
            for number, words in enumerate(lines, start=1)
            if words and not words[0].startswith("#")
        ]
        if not tokens:
            raise InputError("The list of tokens is empty.", where=str(self._path), remedy=_EXAMPLE)
        return stamp, tokens


def _parse_line(words: list[str], where: str) -> Token:
    if len(words) not in {2, 3} or len(words[1]) < _SHORTEST:
        raise InputError(f"The line has {len(words)} words, or its token is too short.", where=where, remedy=_EXAMPLE)
    name, token, *last = words
    try:
        last_day = date.fromisoformat(last[0]) if last else None
    except ValueError:
        raise InputError(f"'{last[0]}' is no day.", where=where, remedy=_EXAMPLE) from None
    return Token(name, sha256(token.encode()).digest(), last_day)
