"""Labels and objects as JSON text, exactly: floats keep their value."""

from __future__ import annotations

from typing import Any

import orjson

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels


def encode(content: Content | None) -> str | None:
    """Return `content` as JSON text, or None for None."""
    if content is None:
        return None
    if isinstance(content, Labels):
        return orjson.dumps({"labels": dict(content.scores)}).decode()
    return orjson.dumps({"objects": [_encode_instance(item) for item in content.items]}).decode()


def decode(text: str | None) -> Content | None:
    """Return what `encode` wrote."""
    if text is None:
        return None
    stored = orjson.loads(text)
    if "labels" in stored:
        return Labels(stored["labels"])
    return Instances(tuple(_decode_instance(item) for item in stored["objects"]))


def _encode_instance(item: Instance) -> list[Any]:
    return [item.instance_id, item.label, item.box.as_tuple(), item.score, item.polygons, item.is_crowd]


def _decode_instance(stored: list[Any]) -> Instance:
    instance_id, label, box, score, polygons, is_crowd = stored
    return Instance(instance_id, label, Box(*box), score, tuple(tuple(ring) for ring in polygons), is_crowd)
