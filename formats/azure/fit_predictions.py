"""What a prediction file of Azure can hold of a record: objects with a class, a score, an area (formats.md 2 and 4)."""

from __future__ import annotations

import math
from dataclasses import replace

from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import Facts, Record
from formats.base.characters import NOT_IN_JSON, fit_text
from formats.base.fitting import Loss, Losses, drop_crowd, place

_SMALLEST_RING = 6


def fit_prediction(record: Record, task: Task, losses: Losses) -> Record | None:
    """Return the record as Azure's prediction files can hold it, noting every loss; None when nothing is left."""
    where = record.image_url
    content = record.content
    if content is None or isinstance(content, Instances) != task.has_objects:
        losses.note(Loss.IMAGES, where, f"its content is not for {task.in_words}")
        return None
    if record.facts != Facts():
        losses.note(Loss.FACTS, where, record.facts.in_words)
    fitted = _fit_content(content, losses, where)
    return replace(record, image_url=fit_text(where, NOT_IN_JSON, losses, where), facts=Facts(), content=fitted)


def _fit_content(content: Content, losses: Losses, where: str) -> Content:
    if isinstance(content, Labels):
        return _fit_classes(content, losses, where)
    items = [_fit_object(item, losses, place(where, index)) for index, item in enumerate(content.items)]
    return Instances(tuple(item for item in items if item is not None))


def _fit_classes(content: Labels, losses: Losses, where: str) -> Labels:
    kept = {name: score for name, score in content.scores.items() if name.strip() and 0 <= score <= 1}
    if len(kept) < len(content.scores):
        lost = len(content.scores) - len(kept)
        losses.note(Loss.OBJECTS, where, "classes without a name or a probability from 0 to 1", count=lost)
    return Labels({fit_text(name, NOT_IN_JSON, losses, where): score for name, score in kept.items()})


def _fit_object(item: Instance, losses: Losses, where: str) -> Instance | None:
    reason = _why_not(item)
    if reason:
        losses.note(Loss.OBJECTS, where, reason)
        return None
    rings = tuple(ring for ring in item.polygons if len(ring) >= _SMALLEST_RING and len(ring) % 2 == 0)
    if len(rings) < len(item.polygons):
        losses.note(Loss.POLYGONS, where, "outlines of fewer than 3 points")
        item = replace(item, polygons=rings)
    return drop_crowd(replace(item, label=fit_text(item.label, NOT_IN_JSON, losses, where)), losses, where)


def _why_not(item: Instance) -> str:
    """Why a prediction file cannot hold the object; empty when it can."""
    if item.score is None:
        return "it has no score"
    if not 0 <= item.score <= 1:
        return f"its score is {item.score:g}, expected 0 to 1"
    if not item.label.strip():
        return "it has no class"
    if not all(map(math.isfinite, (*item.box.as_tuple(), *(value for ring in item.polygons for value in ring)))):
        return "a coordinate is not a finite number"
    return "its box has no area" if item.box.width <= 0 or item.box.height <= 0 else ""
