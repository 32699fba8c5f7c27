"""Classes of a whole picture: what was chosen, and the probabilities of all classes where a prediction says them."""

from __future__ import annotations

from typing import Any

from domain.prediction import Labels, Task
from formats.base.numbers import finite_number

_PRESENT = 0.5


def names_chosen(results: list[Any]) -> list[str]:
    """The choices about the picture as a whole, in file order; those about single regions are not among them."""
    return [name for item in _choices(results) for name in _texts(item["value"].get("choices"))]


def all_scores(results: list[Any]) -> dict[str, float]:
    """Class -> probability, from the "meta" that Relook writes; empty when there is none or it is broken."""
    found: dict[str, float] = {}
    for item in _choices(results):
        meta = item.get("meta")
        scores = meta.get("scores") if isinstance(meta, dict) else None
        for name, value in scores.items() if isinstance(scores, dict) else ():
            score = finite_number(value)
            if score is None or not 0 <= score <= 1 or not name.strip():
                return {}
            found[name] = score
    return found


def are_sound(results: list[Any]) -> bool:
    """Whether everything about classes can be read: choices are texts, and the scores in "meta" are probabilities."""
    return all(isinstance(item, dict) and (item.get("type") != "choices" or _is_sound(item)) for item in results)


def _is_sound(item: dict[str, Any]) -> bool:
    value, meta = item.get("value"), item.get("meta")
    if not isinstance(value, dict) or not isinstance(value.get("choices"), list):
        return False
    scores = meta.get("scores", {}) if isinstance(meta, dict) else {}
    are_read = not scores or bool(all_scores([item]))
    return isinstance(scores, dict) and are_read and len(_texts(value["choices"])) == len(value["choices"])


def score_of(results: list[Any]) -> Any:
    """What the choices say as their score; None when they say nothing."""
    return next((item["score"] for item in _choices(results) if item.get("score") is not None), None)


def choose(labels: Labels, task: Task) -> list[str]:
    """The choices that stand for a prediction: the most probable class, or in multi-label those from 50 %."""
    if task is Task.CLASSIFICATION:
        return [name for name, _ in labels.top()]
    return [name for name, score in labels.scores.items() if score >= _PRESENT]


def _choices(results: list[Any]) -> list[dict[str, Any]]:
    found = [item for item in results if isinstance(item, dict) and item.get("type") == "choices"]
    return [item for item in found if isinstance(item.get("value"), dict) and _is_whole(item["value"])]


def _is_whole(value: dict[str, Any]) -> bool:
    return not {"x", "points", "rle"} & value.keys()


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str) and each.strip()] if isinstance(value, list) else []
