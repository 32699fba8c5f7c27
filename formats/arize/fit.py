"""Making a record fit what Arize takes (formats.md 5.2, 5.8)."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from domain.geometry import Segment
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.arize.outlines import outline_problem
from formats.arize.rules import (
    LARGEST_VECTOR,
    LONGEST_CLASS,
    LONGEST_ID,
    LONGEST_TAG,
    MOST_CLASSES,
    NEWEST_S,
    OLDEST_S,
)
from formats.base import Facts, Loss, Losses, Record, Role, WriteOptions
from formats.base.characters import NOT_IN_JSON, clean, fit_text
from formats.base.fitting import clip_instance, drop_crowd, drop_polygons, drop_score, place, split_rings
from formats.base.outlines import fit_outline
from formats.base.pixels import to_pixels


def fit_record(record: Record, options: WriteOptions, losses: Losses) -> Record | None:
    """The record as a row of Arize holds it; None (noted) when nothing of it can be held."""
    record = replace(record, image_url=fit_text(record.image_url, NOT_IN_JSON, losses, record.image_url))
    content = _fit_content(record, options, losses)
    if content is None:
        return None
    facts = (_fit_facts if record.role is Role.PREDICTION else _fit_label_facts)(record, options, losses)
    return replace(record, content=content, facts=facts)


def _fit_content(record: Record, options: WriteOptions, losses: Losses) -> Content | None:
    content, name = record.content, record.image_url
    if isinstance(content, Instances) and options.task.has_objects:
        if options.suffix in {".csv", ".tsv"}:
            losses.note(Loss.IMAGES, name, "a CSV holds no boxes or outlines: write Parquet")
            return None
        if record.size is None:
            losses.note(Loss.IMAGES, name, "the size of the image is not known, and Arize holds pixels")
            return None
        items = [
            fitted
            for index, item in enumerate(content.items)
            for fitted in _fit_object(item, record, options.task, losses, place(name, index))
        ]
        return Instances(tuple(items))
    if isinstance(content, Labels) and not options.task.has_objects:
        if options.task is Task.MULTILABEL:
            return _fit_classes(content, record, options, losses)
        return _fit_class(content, record, losses)
    losses.note(Loss.IMAGES, name, f"its content is not for {options.task.in_words}")
    return None


def _fit_class(content: Labels, record: Record, losses: Losses) -> Labels | None:
    best = content.top(1)
    if not best or not best[0][0]:
        losses.note(Loss.IMAGES, record.image_url, "it has no class")
        return None
    if record.role is Role.LABEL and len(content.scores) > 1:
        losses.note(Loss.IMAGES, record.image_url, f"it has {len(content.scores)} classes, expected one")
        return None
    label, score = best[0]
    if not 0 <= score <= 1:
        losses.note(Loss.IMAGES, record.image_url, f"its score is {score:g}, expected 0 to 1")
        return None
    if len(content.scores) > 1:
        others = len(content.scores) - 1
        losses.note(Loss.OTHER_CLASSES, record.image_url, f"only {label} is kept", count=others)
    label = fit_text(label, NOT_IN_JSON, losses, record.image_url)
    return Labels({label: score if record.role is Role.PREDICTION else 1.0})


def _fit_classes(content: Labels, record: Record, options: WriteOptions, losses: Losses) -> Labels | None:
    """Up to 500 classes with names of up to 100 characters."""
    name = record.image_url
    if options.suffix in {".csv", ".tsv"}:
        losses.note(Loss.IMAGES, name, "a CSV holds no lists of classes: write Parquet")
        return None
    fitted = {fit_text(key, NOT_IN_JSON, losses, name): score for key, score in content.scores.items()}
    fine = {key: score for key, score in fitted.items() if 1 <= len(key) <= LONGEST_CLASS and 0 <= score <= 1}
    if len(fine) < len(content.scores):
        count = len(content.scores) - len(fine)
        losses.note(Loss.OBJECTS, name, "names of more than 100 characters, or scores beyond 0 to 1", count=count)
    kept = set(sorted(fine, key=lambda key: -fine[key])[:MOST_CLASSES])
    if len(kept) < len(fine):
        losses.note(Loss.OTHER_CLASSES, name, "the 500 likeliest classes are kept", count=len(fine) - len(kept))
    if not kept and (record.role is Role.PREDICTION or not options.classes):
        losses.note(Loss.IMAGES, name, "it has no class, and Arize takes no empty list")
        return None
    is_label = record.role is Role.LABEL
    return Labels({key: 1.0 if is_label else score for key, score in fine.items() if key in kept})


def _fit_object(item: Instance, record: Record, task: Task, losses: Losses, where: str) -> Iterator[Instance]:
    is_label, size = record.role is Role.LABEL, record.size or (1, 1)
    if not item.label:
        losses.note(Loss.OBJECTS, where, "it has no class")
        return
    if not is_label and (item.score is None or not 0 <= item.score <= 1):
        losses.note(Loss.OBJECTS, where, "it has no score from 0 to 1")
        return
    if task is Task.SEGMENTATION and not item.polygons:
        losses.note(Loss.OBJECTS, where, "it has no outline")
        return
    item = replace(item, label=fit_text(item.label, NOT_IN_JSON, losses, where))
    plain = drop_crowd(drop_score(item, losses, where) if is_label else item, losses, where)
    if task is Task.DETECTION:
        plain = drop_polygons(plain, losses, where)
    clipped = clip_instance(plain, losses, where)
    if clipped is None:
        return
    if task is Task.DETECTION:
        yield from _fit_box(clipped, size, losses, where)
    else:
        yield from _fit_outlines(clipped, size, losses, where)


def _fit_box(item: Instance, size: tuple[int, int], losses: Losses, where: str) -> Iterator[Instance]:
    x_min, y_min, x_max, y_max = in_pixels(item.box.as_tuple(), size)
    if x_min < x_max and y_min < y_max:
        yield item
    else:
        losses.note(Loss.OBJECTS, where, "its box has no area")


def _fit_outlines(item: Instance, size: tuple[int, int], losses: Losses, where: str) -> Iterator[Instance]:
    """One object per outline, each open and simple."""
    whole = fit_outline(item, size, losses, where)
    if not whole.polygons:
        losses.note(Loss.OBJECTS, where, "it has no outline")
        return
    for part in split_rings(whole, losses, where):
        problem = outline_problem(in_pixels(part.polygons[0], size))
        if problem:
            losses.note(Loss.OBJECTS, where, f"its outline is refused: {problem}")
        else:
            yield part


def in_pixels(values: Segment, size: tuple[int, int]) -> list[float]:
    """Fractions x, y, x, y... as pixels."""
    return [to_pixels(value, size[index % 2]) for index, value in enumerate(values)]


def _fit_label_facts(record: Record, _options: WriteOptions, losses: Losses) -> Facts:
    """An actual has an id only: what else is said belongs to the prediction it is joined with."""
    facts = Facts(prediction_id=_fit_id(record, losses))
    if replace(record.facts, prediction_id="") != Facts():
        losses.note(Loss.FACTS, record.image_url, "an actual has no model, time or tags of its own")
    return facts


def _fit_facts(record: Record, options: WriteOptions, losses: Losses) -> Facts:
    facts = record.facts
    is_csv = options.suffix in {".csv", ".tsv"}

    def lose(detail: str) -> None:
        losses.note(Loss.FACTS, record.image_url, detail)

    vector, source = facts.embedding, clean(facts.source, NOT_IN_JSON)
    tags = tuple(clean(tag, NOT_IN_JSON) for tag in facts.tags)
    if vector and is_csv:
        lose("a CSV holds no embedding")
        vector = ()
    if vector and not (2 <= len(vector) <= LARGEST_VECTOR and all(map(math.isfinite, vector))):
        lose(f"its embedding has {len(vector)} numbers, expected 2 to 20,000 finite ones")
        vector = ()
    if len(source) > LONGEST_TAG:
        lose("its source has more than 20,000 characters")
        source = ""
    if tags and len(render_tags(tags)) > LONGEST_TAG:
        lose("its tags have more than 20,000 characters")
        tags = ()
    return replace(
        facts,
        model=clean(facts.model or options.model, NOT_IN_JSON),
        prediction_id=_fit_id(record, losses),
        timestamp=_fit_time(facts.timestamp, options.now or time.time(), lose),
        embedding=vector,
        source=source,
        tags=tags,
    )


def _fit_time(seconds: float | None, now: float, lose: Callable[[str], None]) -> float:
    """A time Arize takes: that of the export where there is none, or one that is too far off (noted)."""
    if seconds is None:
        return now
    if now - OLDEST_S <= seconds <= now + NEWEST_S:
        return seconds
    lose(f"its time {seconds:.0f} is not within 5 years before and 1 year after now, which stands instead")
    return now


def _fit_id(record: Record, losses: Losses) -> str:
    """What joins a prediction with its actual; empty where the path of the image does."""
    name = clean(record.facts.prediction_id or record.image_url, NOT_IN_JSON)
    if len(name) <= LONGEST_ID:
        return "" if name == record.image_url else name
    losses.note(Loss.FACTS, record.image_url[:LONGEST_ID], "its id of more than 512 characters becomes a digest")
    return hashlib.sha256(name.encode()).hexdigest()


def render_tags(tags: tuple[str, ...]) -> str:
    """Tags as the JSON list that stands in a cell."""
    return json.dumps(tags, ensure_ascii=False)
