"""Predictions that picsellia's own classes take and refuse, and what Relook finds in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMES = {0: "car", 1: "bus", 2: "bicycle"}
RING = [[1, 1], [9, 1], [9, 9]]


@dataclass(frozen=True, slots=True)
class Case:
    """A prediction; `code` is empty when Relook takes it, `error` when the SDK does."""

    lists: dict[str, Any]
    code: str
    error: str = ""


def classes(code: str, error: str = "", **change: Any) -> Case:
    return Case({"detection_classes": [2], "detection_scores": [0.8], **change}, code, error)


def boxes(code: str, error: str = "", box: Any = None, **change: Any) -> Case:
    place = [10, 20, 30, 40] if box is None else box
    return Case(
        {"detection_classes": [2], "detection_scores": [0.8], "detection_boxes": [place], **change}, code, error
    )


def masks(code: str, error: str = "", mask: Any = None) -> Case:
    place = RING if mask is None else mask
    return Case({"detection_classes": [2], "detection_scores": [0.8], "detection_masks": [place]}, code, error)


REFUSED = "ValidationError"
CASES: dict[str, Case] = {
    "the class of the documentation": classes(""),
    "two classes": classes("", detection_classes=[1, 2], detection_scores=[0.3, 0.2]),
    "no class": classes("", detection_classes=[], detection_scores=[]),
    "texts": classes("", detection_texts=["bicycle"]),
    "fewer scores than classes": classes("PI001", REFUSED, detection_scores=[]),
    "no scores": classes("PI001", REFUSED, detection_scores=None),
    "more texts than classes": classes("PI002", REFUSED, detection_texts=["a", "b"]),
    "a class as text": classes("EX009", detection_classes=["2"]),
    "a score as text": classes("EX009", detection_scores=["0.8"]),
    "a class by name": classes("PI003", REFUSED, detection_classes=["cat"]),
    "a negative class": classes("PI003", detection_classes=[-1]),
    "half a class": classes("PI003", REFUSED, detection_classes=[1.5]),
    "a class without name": classes("EX004", detection_classes=[7]),
    "a score above 1": classes("PI004", detection_scores=[8]),
    "a missing score": classes("PI004", REFUSED, detection_scores=[None]),
    "a box": boxes(""),
    "a box of whole floats": boxes("", box=[10.0, 20, 30, 40]),
    "a box of fractions of pixels": boxes("PI005", REFUSED, [10.5, 20, 30, 40]),
    "a box of three numbers": boxes("PI005", "", [10, 20, 30]),
    "an inverted box": boxes("PI006", "", [190, 100, 50, 90]),
    "a box without height": boxes("PI006", "", [10, 20, 10, 40]),
    "a negative box": boxes("EX013", "", [-5, 20, 30, 40]),
    "a box beyond the image": boxes("EX013", "", [10, 20, 30, 4000]),
    "no boxes": boxes("PI001", REFUSED, detection_boxes=[]),
    "no object": boxes("", detection_classes=[], detection_scores=[], detection_boxes=[]),
    "a mask": masks(""),
    "a mask of one point": masks("PI007", "", [[1, 1]]),
    "a mask with points of three numbers": masks("PI007", REFUSED, [[1, 1, 2], [9, 1, 2], [9, 9, 2]]),
    "a flat mask": masks("PI007", "TypeError", [1, 1, 9, 1, 9, 9]),
    "a mask without area": masks("EX007", "", [[1, 1], [9, 1], [5, 1]]),
}


def payload(lists: dict[str, Any], **change: Any) -> dict[str, Any]:
    """The payload of the documentation's snippet with other lists; None takes a key away."""
    merged = {
        "filename": "image.png",
        "content_type": "IMAGE/PNG",
        "height": 800,
        "width": 600,
        "raw_predictions": lists,
        "latency": 0.257,
        "image": "iVBORw0KGgo=",
        **change,
    }
    return {key: value for key, value in merged.items() if value is not None}


def save(path: Path, *payloads: object) -> Path:
    """Write payloads, one a line, and the label map beside them."""
    path.write_text("".join(f"{json.dumps(each)}\n" for each in payloads), encoding="utf-8")
    path.with_name(f"{path.stem}.labels.json").write_text(json.dumps(NAMES))
    return path
