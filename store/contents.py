"""Labels and objects as JSON text, exactly: floats keep their value."""

from __future__ import annotations

import orjson

from domain.plain_content import Plain, from_plain, to_plain
from domain.prediction import Content


def encode(content: Content | None) -> str | None:
    """Return `content` as JSON text, or None for None."""
    return None if content is None else encode_plain(to_plain(content))


def encode_plain(plain: Plain) -> str:
    """Return content in its plain form as JSON text."""
    return orjson.dumps(plain).decode()


def decode(text: str | None) -> Content | None:
    """Return what `encode` wrote."""
    return None if text is None else from_plain(orjson.loads(text))
