"""Reading a Python literal from an untrusted file, as no-code batch deployments write them (formats.md section 4)."""

from __future__ import annotations

import ast
import re
from typing import Any

_LONGEST = 10_000_000
_DEEPEST = 30

_TOKEN = re.compile(
    r"""\s+
    | '(?:[^'\\\n]|\\[\\'"abfnrtvxuU0])*'
    | "(?:[^"\\\n]|\\[\\'"abfnrtvxuU0])*"
    | -?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?
    | (?:True|False|None)\b
    | [\[\](){},:]
    """,
    re.VERBOSE,
)


def parse_literal(text: str) -> Any:
    """Parse lists, tuples (as lists), dicts, texts and numbers as Python writes them; nothing is ever evaluated.

    Only these tokens reach the parser, and only to a small depth: Python's parser can be crashed with crafted input.

    Raises:
        ValueError: The text is something else; the message is a full sentence.
    """
    _check_tokens(text)
    try:
        return _as_json(ast.literal_eval(text.strip()))
    except (SyntaxError, TypeError, ValueError, MemoryError, RecursionError):
        raise ValueError("The line is neither JSON nor a Python list, tuple or dict.") from None


def _check_tokens(text: str) -> None:
    if len(text) > _LONGEST:
        raise ValueError(f"The line has {len(text)} characters; a Python literal may have {_LONGEST}.")
    position = depth = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"The line is neither JSON nor a Python literal: column {position + 1} fits neither.")
        depth += (match.group() in {"[", "(", "{"}) - (match.group() in {"]", ")", "}"})
        if depth > _DEEPEST:
            raise ValueError("The line is nested too deeply to be read.")
        position = match.end()


def _as_json(value: Any) -> Any:
    """The value with lists for tuples; refuses what JSON, or a database, cannot hold."""
    if isinstance(value, (list, tuple)):
        return [_as_json(member) for member in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("keys must be text")
        return {_as_json(key): _as_json(member) for key, member in value.items()}
    if isinstance(value, str):
        value.encode()
    if isinstance(value, set) or (isinstance(value, str) and "\0" in value):
        raise ValueError("not a JSON value")
    return value
