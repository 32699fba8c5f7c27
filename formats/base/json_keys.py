"""Keys that stand twice in one JSON object: parsers keep the last one and say nothing."""

from __future__ import annotations

import json
import re
from typing import Any

_SPACED_COLON = re.compile(rb'"[ \t\r\n]+:')


class _Repeated(Exception):
    """Carries a key out of the parser."""


def find_repeated_key(data: bytes, value: Any) -> str | None:
    """A key that stands twice in one object of `data`; None when none does.

    The careful parser is asked only when there are not exactly as many `":` as there are keys in the value.

    Args:
        data: A JSON document that can be parsed.
        value: What it was parsed to.
    """
    if not _SPACED_COLON.search(data) and data.count(b'":') == _count_keys(value):
        return None
    try:
        json.loads(data, object_pairs_hook=_check)
    except _Repeated as found:
        return str(found)
    except RecursionError:
        return None
    return None


def _count_keys(value: Any) -> int:
    """Keys of all objects. Lists that start with a number or text are not looked into: that only raises suspicion."""
    count = 0
    stack = [value]
    while stack:
        each = stack.pop()
        if type(each) is dict:
            count += len(each)
            stack += [member for member in each.values() if type(member) is dict or type(member) is list]
        elif type(each) is list and each and type(each[0]) not in (float, int, str):
            stack += each
    return count


def _check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Repeated(next(name for name in members if names.count(name) > 1))
    return members
