"""The cells of a row, and the types of its columns (formats.md 5)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from domain.prediction import Content, Instances, Labels, Task
from formats.arize.columns import HEIGHT, LATENCY, SOURCE, TAGS, WIDTH
from formats.arize.fit import in_pixels, render_tags
from formats.arize.rules import LONGEST_CLASS, MOST_CLASSES
from formats.base import Record, WriteOptions
from formats.base.characters import NOT_IN_JSON, clean

Row = dict[str, Any]

LINK = "image_link"
VECTOR = "image_vector"
TYPES: Mapping[str, str] = {
    "prediction_id": "text",
    "timestamp": "float",
    "version": "text",
    LINK: "text",
    VECTOR: "floats",
    WIDTH: "int",
    HEIGHT: "int",
    LATENCY: "float",
    SOURCE: "text",
    TAGS: "text",
}
_BOXES = {"prediction_categories": "texts", "prediction_scores": "floats", "actual_categories": "texts"}
CONTENT_TYPES: Mapping[Task, Mapping[str, str]] = {
    Task.CLASSIFICATION: {
        "prediction_label": "text",
        "prediction_score": "float",
        "actual_label": "text",
        "actual_score": "float",
    },
    Task.MULTILABEL: {"prediction_score": "classes", "actual_score": "classes"},
    Task.DETECTION: {"prediction_bboxes": "places", "actual_bboxes": "places", **_BOXES},
    Task.SEGMENTATION: {"prediction_polygons": "places", "actual_polygons": "places", **_BOXES},
}


def row_of(prediction: Record | None, label: Record | None, options: WriteOptions) -> Row:
    """One row; id, time and tags are those of the prediction, where there is one."""
    first = prediction or label
    if first is None:
        return {}
    facts = first.facts
    width, height = first.size or (None, None)
    return {
        "prediction_id": facts.prediction_id or first.image_url,
        "timestamp": (options.now or time.time()) if facts.timestamp is None else facts.timestamp,
        "version": facts.model or None,
        LINK: first.image_url,
        VECTOR: list(facts.embedding) or None,
        WIDTH: width,
        HEIGHT: height,
        LATENCY: facts.latency_s,
        SOURCE: facts.source or None,
        TAGS: render_tags(facts.tags) if facts.tags else None,
        **(_content_cells(prediction, "prediction", options) if prediction else {}),
        **(_content_cells(label, "actual", options) if label else {}),
    }


def _content_cells(record: Record, side: str, options: WriteOptions) -> Row:
    content: Content | None = record.content
    if isinstance(content, Instances):
        return _object_cells(content, record.size or (1, 1), side, options.task)
    if not isinstance(content, Labels):
        return {}
    if options.task is Task.MULTILABEL:
        pairs = {**content.scores, **(_absent(content, options) if side == "actual" else {})}
        return {f"{side}_score": [{"class_name": name, "score": float(score)} for name, score in pairs.items()]}
    label, score = content.top(1)[0]
    return {f"{side}_label": label, f"{side}_score": float(score)}


def _object_cells(content: Instances, size: tuple[int, int], side: str, task: Task) -> Row:
    is_outline = task is Task.SEGMENTATION
    places = [in_pixels(item.polygons[0] if is_outline else item.box.as_tuple(), size) for item in content.items]
    cells: Row = {
        f"{side}_{'polygons' if is_outline else 'bboxes'}": places,
        f"{side}_categories": [item.label for item in content.items],
    }
    scores = [float(item.score or 0.0) for item in content.items]
    return {**cells, **({f"{side}_scores": scores} if side == "prediction" else {})}


def _absent(content: Labels, options: WriteOptions) -> dict[str, float]:
    """The known classes an image does not have, as far as Arize takes more."""
    known = (clean(name, NOT_IN_JSON) for name in options.classes)
    names = [name for name in known if name not in content.scores and 1 <= len(name) <= LONGEST_CLASS]
    return dict.fromkeys(names[: MOST_CLASSES - len(content.scores)], 0.0)
