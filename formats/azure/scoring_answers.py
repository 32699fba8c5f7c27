"""Answers of an online endpoint as it writes them (formats.md 2.2 to 2.4 and 3.2)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import FormatError
from domain.prediction import Content, Instance, Labels, Task
from formats.azure.boxes import BOX_KEYS
from formats.azure.report import printable
from formats.azure.scoring_explanations import ScoringExplanation
from formats.azure.scoring_xai import XaiParameters


def render_answer(content: Content, *, where: str = "") -> dict[str, Any]:
    """The answer about one image: all classes in the order of their names, or objects in their order.

    Args:
        content: All classes with probabilities, or objects with scores.
        where: The image, for the error.

    Raises:
        FormatError: An object has no score.
    """
    if isinstance(content, Labels):
        names = sorted(content.scores)
        return {"probs": [content.scores[name] for name in names], "labels": names}
    return {"boxes": [render_object(item, where=where) for item in content.items]}


def render_object(item: Instance, *, where: str = "") -> dict[str, Any]:
    """One predicted object.

    Raises:
        FormatError: It has no score.
    """
    if item.score is None:
        raise FormatError(
            f"The object {item.instance_id} ({printable(item.label)}) has no score: a label, not a prediction.",
            where=where,
            remedy="Export labels as azure-jsonl.",
        )
    box = dict(zip(BOX_KEYS, item.box.as_tuple(), strict=True))
    polygon = {"polygon": [list(ring) for ring in item.polygons]} if item.polygons else {}
    return {"box": box, "label": item.label, "score": item.score, **polygon}


def render_explained(
    answer: Mapping[str, Any], explanations: Sequence[ScoringExplanation], *, task: Task, asked: XaiParameters
) -> dict[str, Any]:
    """Add explanations to an answer: both keys, with null for the one that was not asked for.

    Multi-class answers hold one explanation plainly, multi-label answers a list in the order of the classes; null
    when no class was explained. Objects are never explained: their answer stays as it is.

    Args:
        answer: Of `render_answer`.
        explanations: In the order of the answer's labels.
        task: What the model is for.
        asked: The parameters of the request.
    """
    if task.has_objects:
        return dict(answer)
    pictures = [_encode(each.picture) if asked.visualizations else None for each in explanations]
    arrays = [each.attributions.tolist() if each.attributions is not None else None for each in explanations]
    if task is Task.CLASSIFICATION:
        picture, array = (pictures[0], arrays[0]) if explanations else (None, None)
        return {**answer, "visualizations": picture, "attributions": array if asked.attributions else None}
    return {
        **answer,
        "visualizations": pictures or None,
        "attributions": (arrays or None) if asked.attributions else None,
    }


def _encode(picture: bytes | None) -> str | None:
    return None if picture is None else base64.b64encode(picture).decode()
