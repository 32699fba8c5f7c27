"""Rendering tasks. Coordinates are percent of the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from formats.base import Record, Role
from formats.base.pixels import neat
from formats.label_studio.addresses import address_of
from formats.label_studio.choices import choose
from formats.label_studio.config import BOXES, CHOICES, OUTLINES, PICTURE

_FULL = 100.0


def render_task(number: int, records: Sequence[Record], task: Task) -> dict[str, Any]:
    """The task of one image.

    Args:
        number: Its id, 1-based.
        records: Labels and predictions of the image, fitted.
        task: What the content is for.
    """
    labels = [record for record in records if record.role is Role.LABEL]
    predictions = [record for record in records if record.role is Role.PREDICTION]
    return {
        "id": number,
        "data": {PICTURE: address_of(records[0].image_url)},
        "annotations": [
            {"id": number, "result": _render(record, task), "was_cancelled": False, "ground_truth": False}
            for record in labels
        ],
        "predictions": [_render_prediction(record, task) for record in predictions],
    }


def _render_prediction(record: Record, task: Task) -> dict[str, Any]:
    """A prediction; its score is that of the object or class it is least sure of, for sorting tasks."""
    result = _render(record, task)
    scores = [item["score"] for item in result if "score" in item]
    score = {"score": min(scores)} if scores else {}
    return {"model_version": record.facts.model, **score, "result": result}


def _render(record: Record, task: Task) -> list[dict[str, Any]]:
    size = {"original_width": record.size[0], "original_height": record.size[1]} if record.size is not None else {}
    head = {"to_name": PICTURE, **size, "image_rotation": 0}
    if isinstance(record.content, Labels):
        return _render_choices(record.content, task, is_prediction=record.role is Role.PREDICTION)
    items = record.content.items if isinstance(record.content, Instances) else ()
    return [head | region for index, item in enumerate(items) for region in _render_object(item, f"o{index + 1}")]


def _render_choices(labels: Labels, task: Task, *, is_prediction: bool) -> list[dict[str, Any]]:
    if not is_prediction and not labels.scores:
        return []
    chosen = choose(labels, task) if is_prediction else list(labels.scores)
    item = {"id": "c1", "from_name": CHOICES, "to_name": PICTURE, "type": "choices", "value": {"choices": chosen}}
    if not is_prediction:
        return [item]
    score = {"score": min(labels.scores[name] for name in chosen)} if chosen else {}
    return [{**item, **score, "meta": {"scores": dict(labels.scores)}}]


def _render_object(item: Instance, name: str) -> Iterator[dict[str, Any]]:
    score = {} if item.score is None else {"score": item.score}
    meta: dict[str, Any] = {} if item.is_crowd is None else {"isCrowd": item.is_crowd}
    if not item.polygons:
        shape = {**_percent(item.box), "rotation": 0, "rectanglelabels": [item.label]}
        yield _region(name, "rectanglelabels", shape, score, meta)
        return
    if len(item.polygons) > 1:
        meta["instance"] = name
    for index, ring in enumerate(item.polygons):
        points = [[_to_percent(x), _to_percent(y)] for x, y in zip(ring[0::2], ring[1::2], strict=True)]
        shape = {"points": points, "closed": True, "polygonlabels": [item.label]}
        region = _region(f"{name}.{index + 1}" if index else name, "polygonlabels", shape, score, meta)
        yield {**region, "parentID": name} if index else region


def _region(
    name: str, kind: str, shape: dict[str, Any], score: dict[str, float], meta: dict[str, Any]
) -> dict[str, Any]:
    control = OUTLINES if kind == "polygonlabels" else BOXES
    more = {"meta": meta} if meta else {}
    return {"id": name, "from_name": control, "type": kind, **score, "value": shape, **more}


def _to_percent(fraction: float) -> float:
    return neat(fraction * _FULL, lambda value: value / _FULL, fraction)


def _percent(box: Box) -> dict[str, float]:
    x, y = _to_percent(box.x_min), _to_percent(box.y_min)
    return {
        "x": x,
        "y": y,
        "width": neat(box.width * _FULL, lambda value: (x + value) / _FULL, box.x_max),
        "height": neat(box.height * _FULL, lambda value: (y + value) / _FULL, box.y_max),
    }
