"""Labels and objects as JSON text, exactly: floats keep their value."""

from __future__ import annotations

import msgspec
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


class StoredObject(msgspec.Struct, array_like=True, gc=False):
    """One object as it is stored; see `domain.plain_content`."""

    instance_id: str
    label: str
    box: tuple[float, float, float, float]
    score: float | None
    polygons: tuple[tuple[float, ...], ...]
    is_crowd: bool | None


class StoredContent(msgspec.Struct, gc=False):
    """What `encode` wrote, checked and cheap to look at: the one or the other."""

    objects: tuple[StoredObject, ...] | None = None
    labels: dict[str, float] | None = None

    @property
    def names(self) -> list[str]:
        """The class of every object, or every class."""
        return [each.label for each in self.objects] if self.objects is not None else list(self.labels or ())


look_into = msgspec.json.Decoder(StoredContent).decode
"""Content as JSON text -> `StoredContent`, many times faster than `decode`."""
