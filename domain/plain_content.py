"""The plain form of content: what is stored and what fast readers make, without an object for every box.

Labels are {"labels": {class name: score}}. Objects are {"objects": [[instance_id, class name, [left, top, right,
bottom], score or None, rings, is_crowd or None], ...]}; a ring is a flat list of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels

Plain = Mapping[str, Any]


def to_plain(content: Content) -> Plain:
    """The plain form; it shares nothing that can be changed with `content`."""
    if isinstance(content, Labels):
        return {"labels": dict(content.scores)}
    return {"objects": [_instance_to_plain(item) for item in content.items]}


def from_plain(plain: Plain) -> Content:
    """The content that `to_plain` was given."""
    if "labels" in plain:
        return Labels(plain["labels"])
    return Instances(tuple(_instance_from_plain(item) for item in plain["objects"]))


def count_things(plain: Plain | None) -> int:
    """How many objects or classes it has."""
    return 0 if plain is None else len(plain["labels"] if "labels" in plain else plain["objects"])


def class_names(plain: Plain | None) -> Iterator[str]:
    """The class of every object, or every class."""
    if plain is None:
        return iter(())
    return iter(plain["labels"]) if "labels" in plain else (item[1] for item in plain["objects"])


def _instance_to_plain(item: Instance) -> list[Any]:
    return [item.instance_id, item.label, item.box.as_tuple(), item.score, item.polygons, item.is_crowd]


def _instance_from_plain(plain: list[Any]) -> Instance:
    instance_id, label, box, score, polygons, is_crowd = plain
    return Instance(instance_id, label, Box(*box), score, tuple(tuple(ring) for ring in polygons), is_crowd)
