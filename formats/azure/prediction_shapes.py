"""The shapes a prediction comes in, told apart: classes with probabilities, or objects (formats.md 2 and 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.prediction import Task
from formats.azure.json_line import iterate_lines, loads_leniently
from formats.azure.literals import parse_literal
from formats.azure.numbers import read_number
from formats.azure.tasks import elect_task

_ROUNDING = 0.02


@dataclass(frozen=True, slots=True)
class Classes:
    """A whole-image prediction: names and probabilities, parallel, unchecked."""

    labels: Any
    probs: Any
    key: str = "probs"


@dataclass(frozen=True, slots=True)
class Objects:
    """An object prediction: the objects and, where they stand apart, their scores; unchecked."""

    objects: Any
    scores: Any = None
    key: str = "boxes"


def as_fields(value: Any) -> dict[str, Any] | None:
    """One object per line: also from a pair (file, prediction), whose prediction may be text again; else None."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return None
    inner = _parse_text(value[1]) if isinstance(value[1], str) else value[1]
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    return {"filename": value[0], **inner} if isinstance(inner, dict) else None


def _parse_text(text: str) -> Any:
    value = loads_leniently(text.encode(errors="replace"))
    if value is not None:
        return value
    try:
        return parse_literal(text)
    except ValueError:
        return None


def image_name(fields: Mapping[str, Any]) -> Any:
    """What names the image: `filename` of batch output, `image_url` of labeled_dataset.json."""
    return fields.get("filename", fields.get("image_url"))


def shape_of_prediction(fields: Mapping[str, Any]) -> Classes | Objects | None:
    """Recognise a prediction; None when the line holds none."""
    if "boxes" in fields:
        return Objects(fields["boxes"])
    if "probs" in fields:
        return Classes(fields.get("labels"), fields["probs"])
    if "label_confidence" not in fields:
        return None
    label = fields.get("label")
    if isinstance(label, list) and all(isinstance(member, dict) for member in label):
        return Objects(label, fields["label_confidence"], "label")
    return Classes(label, fields["label_confidence"], "label_confidence")


def detect_prediction_task(lines: Iterable[bytes]) -> Task | None:
    """Tell the task of a prediction file from the first 1,000 lines that tell; None when none does.

    Multi-class and multi-label differ only in that the probabilities of the former sum up to 1: name the task where
    it is known.
    """
    fields = (as_fields(_parse_text(raw.decode(errors="replace"))) for _, raw in iterate_lines(lines))
    return elect_prediction_task(each for each in fields if each is not None)


def elect_prediction_task(predictions: Iterable[Mapping[str, Any]]) -> Task | None:
    """As `detect_prediction_task`, of predictions that are parsed already."""
    return elect_task(_vote(shape_of_prediction(fields)) for fields in predictions)


def _vote(shape: Classes | Objects | None) -> Task | None:
    if isinstance(shape, Objects):
        objects = [each for each in shape.objects if isinstance(each, dict)] if isinstance(shape.objects, list) else []
        if not objects:
            return None
        return Task.SEGMENTATION if any(each.get("polygon") for each in objects) else Task.DETECTION
    if isinstance(shape, Classes) and isinstance(shape.probs, list):
        numbers = [number for value in shape.probs if (number := read_number(value)) is not None]
        return Task.CLASSIFICATION if abs(sum(numbers) - 1) <= _ROUNDING else Task.MULTILABEL
    return None
