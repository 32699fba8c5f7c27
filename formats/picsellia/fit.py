"""Making a prediction fit a payload: whole pixels inside the image, one outline an object (formats.md 6.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import Facts, Loss, Losses, Record, Role, WriteOptions
from formats.base.characters import NOT_IN_JSON, clean, fit_text
from formats.base.fitting import clip_instance, drop_crowd, drop_polygons, open_ring, place, split_rings
from formats.base.masks import ring_area
from formats.base.outlines import fit_outline
from formats.picsellia.rules import CHAMPION, CONTENT_TYPES, SHADOW

LARGEST_PICTURE = 20 * 1024**2


def fit_record(record: Record, options: WriteOptions, losses: Losses) -> Record | None:
    """The record as a payload holds it; None (noted) when nothing of it can be held."""
    record = replace(record, image_url=fit_text(record.image_url, NOT_IN_JSON, losses, record.image_url))
    name = record.image_url
    if record.role is not Role.PREDICTION:
        losses.note(Loss.LABELS, name, "the monitoring service takes predictions only")
        return None
    if record.size is None:
        losses.note(Loss.IMAGES, name, "the size of the image is not known, and every payload names it")
        return None
    if PurePosixPath(name).suffix.lower() not in CONTENT_TYPES:
        losses.note(Loss.IMAGES, name, "the monitoring service takes PNG and JPEG only")
        return None
    content = _fit_content(record, record.size, options, losses)
    return None if content is None else replace(record, content=content, facts=_fit_facts(record, options, losses))


def picture_of(name: str, options: WriteOptions) -> Path | None:
    """The file that a payload carries as base64; None where there is none, or it is above 20 MB."""
    file = options.image_file(name)
    return file if file is not None and file.is_file() and file.stat().st_size <= LARGEST_PICTURE else None


def _fit_content(record: Record, size: tuple[int, int], options: WriteOptions, losses: Losses) -> Content | None:
    content, task, name = record.content, options.task, record.image_url
    if isinstance(content, Instances) and task.has_objects:
        items = [
            fitted
            for index, item in enumerate(content.items)
            for fitted in _fit_object(item, size, task, losses, place(name, index))
        ]
        return Instances(tuple(items))
    if isinstance(content, Labels) and not task.has_objects:
        return _fit_labels(content, task, losses, name)
    losses.note(Loss.IMAGES, name, f"its content is not for {task.in_words}")
    return None


def _fit_labels(content: Labels, task: Task, losses: Losses, where: str) -> Labels | None:
    named = {fit_text(name, NOT_IN_JSON, losses, where): score for name, score in content.scores.items() if name}
    scored = {name: score for name, score in named.items() if 0 <= score <= 1}
    if len(scored) < len(content.scores):
        count = len(content.scores) - len(scored)
        losses.note(Loss.OBJECTS, where, "classes without a name, or with a score beyond 0 to 1", count=count)
    if task is Task.MULTILABEL:
        return Labels(scored)
    best = Labels(scored).top(1)
    if not best:
        losses.note(Loss.IMAGES, where, "it has no class")
        return None
    if len(scored) > 1:
        losses.note(Loss.OTHER_CLASSES, where, f"only {best[0][0]} is sent", count=len(scored) - 1)
    return Labels(dict(best))


def _fit_object(item: Instance, size: tuple[int, int], task: Task, losses: Losses, where: str) -> Iterator[Instance]:
    if not item.label:
        losses.note(Loss.OBJECTS, where, "it has no class")
        return
    if item.score is None or not 0 <= item.score <= 1:
        losses.note(Loss.OBJECTS, where, "it has no score from 0 to 1")
        return
    plain = drop_crowd(replace(item, label=fit_text(item.label, NOT_IN_JSON, losses, where)), losses, where)
    if task is Task.DETECTION:
        plain = drop_polygons(plain, losses, where)
    clipped = clip_instance(plain, losses, where)
    if clipped is None:
        return
    if task is Task.DETECTION:
        yield _fit_box(clipped, size, losses, where)
    else:
        yield from _fit_outlines(clipped, size, losses, where)


def _fit_box(item: Instance, size: tuple[int, int], losses: Losses, where: str) -> Instance:
    left, top, right, bottom = box_in_pixels(item.box, size)
    width, height = size
    box = Box(left / width, top / height, right / width, bottom / height)
    if box != item.box:
        losses.note(Loss.ROUNDED, where, "to whole pixels")
    return replace(item, box=box)


def box_in_pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """left, top, right, bottom in whole pixels inside the image, at least one pixel wide and high."""
    width, height = size
    left, right = _whole_span(box.x_min * width, box.x_max * width, width)
    top, bottom = _whole_span(box.y_min * height, box.y_max * height, height)
    return left, top, right, bottom


def _whole_span(low: float, high: float, side: int) -> tuple[int, int]:
    first = min(max(round(low), 0), side - 1)
    return first, min(max(round(high), first + 1), side)


def _fit_outlines(item: Instance, size: tuple[int, int], losses: Losses, where: str) -> Iterator[Instance]:
    """One object per outline, on whole pixels."""
    whole = fit_outline(item, size, losses, where)
    if not whole.polygons:
        losses.note(Loss.OBJECTS, where, "it has no outline")
        return
    for part in split_rings(whole, losses, where):
        ring = _round_ring(part.polygons[0], size)
        if len(ring) < 6 or ring_area(ring) <= 0:
            losses.note(Loss.OBJECTS, where, "its outline has no area on whole pixels")
            continue
        if ring != part.polygons[0]:
            losses.note(Loss.ROUNDED, where, "to whole pixels")
        yield replace(part, polygons=(ring,), box=bounding_box([ring]) or part.box)


def _round_ring(ring: Segment, size: tuple[int, int]) -> Segment:
    return open_ring(tuple(round(value * size[index % 2]) / size[index % 2] for index, value in enumerate(ring)))


def _fit_facts(record: Record, options: WriteOptions, losses: Losses) -> Facts:
    facts, name = record.facts, record.image_url
    is_fitted = facts.model in {CHAMPION, SHADOW}
    lost = [
        word
        for word, is_lost in (
            ("its prediction id", bool(facts.prediction_id)),
            ("its embedding", bool(facts.embedding)),
            (f"the model {facts.model}", bool(facts.model) and not is_fitted),
            (
                "the picture itself, which is not at hand or above 20 MB",
                not is_fitted and not picture_of(name, options),
            ),
        )
        if is_lost
    ]
    latency = facts.latency_s
    if latency is None or not (math.isfinite(latency) and latency >= 0):
        lost.append("its latency, which is not known: 0 stands for it")
        latency = 0.0
    for word in lost:
        losses.note(Loss.FACTS, name, word)
    return Facts(
        model=facts.model if is_fitted else CHAMPION,
        latency_s=latency,
        timestamp=facts.timestamp,
        source=clean(facts.source, NOT_IN_JSON),
        tags=tuple(clean(tag, NOT_IN_JSON) for tag in facts.tags),
    )
