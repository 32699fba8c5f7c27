"""Where a value stands in a line of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def column_of(text: str, path: Sequence[str | int]) -> int | None:
    """Return the 1-based column of the value at `path`, counted in characters.

    Where the path leads nowhere it is the column of the last value on the way; None when `text` is not JSON.
    """
    try:
        position = _skip_space(text, 0)
        for step in path:
            found = _find_member(text, position, step)
            if found is None:
                break
            position = found
    except (ValueError, IndexError, RecursionError):
        return None
    return position + 1


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _find_member(text: str, position: int, step: str | int) -> int | None:
    if text[position] == "{":
        return _find_key(text, position, step)
    if text[position] == "[" and isinstance(step, int):
        return _find_index(text, position, step)
    return None


def _find_key(text: str, position: int, key: str | int) -> int | None:
    """The last one of that name, as parsers take it."""
    found = None
    position = _skip_space(text, position + 1)
    while text[position] == '"':
        name, position = _DECODER.raw_decode(text, position)
        position = _skip_space(text, _skip_space(text, position) + 1)
        if name == key:
            found = position
        position = _skip_value(text, position)
    return found


def _find_index(text: str, position: int, index: int) -> int | None:
    position = _skip_space(text, position + 1)
    while text[position] != "]":
        if index == 0:
            return position
        index -= 1
        position = _skip_value(text, position)
    return None


def _skip_value(text: str, position: int) -> int:
    """Go behind a value and the comma after it."""
    _, position = _DECODER.raw_decode(text, position)
    position = _skip_space(text, position)
    return _skip_space(text, position + 1) if text[position] == "," else position
