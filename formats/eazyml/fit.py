"""Making labels fit an `inputs,labels` table: one class an image, or one mask in which every class is one object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from domain.errors import FormatError, LimitError
from domain.geometry import Segment, bounding_box
from domain.prediction import Instance, Instances, Labels, Task
from formats.base import Facts, Loss, Losses, Record, Role, WriteOptions
from formats.base.characters import NOT_IN_JSON, clean, fit_text
from formats.base.fitting import drop_crowd, drop_score, place
from formats.base.masks import rasterise, trace

MOST_CLASSES = 255


def class_names(options: WriteOptions) -> tuple[str, ...]:
    """Class names in the order of their values in a mask."""
    return tuple(dict.fromkeys(clean(name, NOT_IN_JSON) for name in options.classes))


def fit_record(record: Record, options: WriteOptions, losses: Losses) -> Record | None:
    """The record as the table holds it; None (noted) when nothing of it can be held."""
    record = replace(record, image_url=fit_text(record.image_url, NOT_IN_JSON, losses, record.image_url))
    name, content = record.image_url, record.content
    if record.role is not Role.LABEL:
        losses.note(Loss.PREDICTIONS, name, "the table is for training: it holds labels only")
        return None
    if record.facts != Facts():
        losses.note(Loss.FACTS, name, "the table has no place for them")
        record = replace(record, facts=Facts())
    if isinstance(content, Labels) and options.task is Task.CLASSIFICATION:
        return _fit_class(record, content, losses)
    if isinstance(content, Instances) and options.task is Task.SEGMENTATION:
        return _fit_mask(record, content, options, losses)
    losses.note(Loss.IMAGES, name, f"its content is not for {options.task.in_words}")
    return None


def _fit_class(record: Record, content: Labels, losses: Losses) -> Record | None:
    names = [fit_text(name, NOT_IN_JSON, losses, record.image_url) for name in content.scores if name.strip()]
    if len(names) != 1:
        losses.note(Loss.IMAGES, record.image_url, f"it has {len(names)} classes, expected one")
        return None
    return replace(record, content=Labels({names[0]: 1.0}), size=None)


def _fit_mask(record: Record, content: Instances, options: WriteOptions, losses: Losses) -> Record | None:
    if record.size is None:
        losses.note(Loss.IMAGES, record.image_url, "the size of the image is not known, and a mask has pixels")
        return None
    known = class_names(options)
    items = [item for index, each in enumerate(content.items) for item in _usable(each, known, losses, record, index)]
    try:
        return replace(record, content=Instances(tuple(_merge(items, record, record.size, known, losses))))
    except (FormatError, LimitError) as error:
        losses.note(Loss.IMAGES, record.image_url, error.message)
        return None


def _usable(item: Instance, known: tuple[str, ...], losses: Losses, record: Record, index: int) -> Iterator[Instance]:
    where = place(record.image_url, index)
    plain = drop_crowd(drop_score(item, losses, where), losses, where)
    plain = replace(plain, label=fit_text(plain.label, NOT_IN_JSON, losses, where))
    if not plain.polygons:
        losses.note(Loss.OBJECTS, where, "it has no outline")
    elif plain.label not in known[:MOST_CLASSES] or not plain.label.strip():
        losses.note(Loss.OBJECTS, where, "a mask holds 255 known classes, and its class is none of them")
    else:
        if any(not 0 <= value <= 1 for ring in plain.polygons for value in ring):
            losses.note(Loss.CLIPPED, where, "cut at the edge of the image")
        yield plain


def _merge(
    items: list[Instance], record: Record, size: tuple[int, int], known: tuple[str, ...], losses: Losses
) -> Iterator[Instance]:
    """One object a class, in the order of the classes, traced from the mask; of two that overlap the later is seen."""
    width, height = size
    values = np.zeros((height, width) if items else (0, 0), dtype=np.uint8)
    for item in items:
        mask = rasterise(item.polygons, height, width)
        value = known.index(item.label) + 1
        if (mask & (values > 0) & (values != value)).any():
            losses.note(Loss.POLYGONS, record.image_url, f"{item.label} hides part of another class")
        values[mask] = value
    for label in sorted({item.label for item in items}, key=known.index):
        own = [item for item in items if item.label == label]
        yield from _join(own, trace(values == known.index(label) + 1), record.image_url, losses)


def _join(own: list[Instance], rings: tuple[Segment, ...], where: str, losses: Losses) -> Iterator[Instance]:
    """The objects of one class as the one that its mask shows."""
    label, box = own[0].label, bounding_box(rings)
    if box is None:
        losses.note(Loss.OBJECTS, where, f"{label} covers no pixel of the mask", count=len(own))
        return
    if len(own) > 1:
        losses.note(Loss.OBJECTS, where, f"{len(own)} of {label} become one", count=len(own) - 1)
    elif _corners(rings) != _corners(own[0].polygons):
        losses.note(Loss.ROUNDED, where, f"{label}: to whole pixels")
    yield replace(own[0], box=box, polygons=rings)


def _corners(rings: tuple[Segment, ...]) -> set[tuple[float, float]]:
    """The corners of outlines, wherever a ring begins and whether it is closed."""
    return {(round(x, 9), round(y, 9)) for ring in rings for x, y in zip(ring[0::2], ring[1::2], strict=False)}
