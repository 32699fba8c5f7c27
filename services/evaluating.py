"""How good predictions are, held against labels: what is compared, what is left out, and the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.errors import InputError
from domain.prediction import Content, Instances, Labels, Task
from metrics.classification import Mean, MulticlassScores, MultilabelScores, score_multiclass, score_multilabel
from metrics.detection import DetectionScores, ObjectPair, Shape, score_objects

__all__ = ["GRID", "DetectionScores", "Mean", "MulticlassScores", "MultilabelScores", "Pair", "Scores", "evaluate"]

GRID = (1000, 1000)
"""(width, height) on which masks are compared where no size is known; boxes do not need one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One image that has both.

    Attributes:
        label: What is right.
        prediction: What the model says, unfiltered.
        size: (width, height) of the stored image, pixels.
    """

    image_id: str
    label: Content
    prediction: Content
    size: tuple[int, int] = GRID


@dataclass(frozen=True, slots=True)
class Scores:
    """The numbers of one task; those of other tasks are None.

    Attributes:
        images: How many were compared.
        masks: For instance segmentation, beside `boxes`.
        notes: What a reader should know about the numbers, full sentences.
    """

    task: Task
    images: int
    multiclass: MulticlassScores | None = None
    multilabel: MultilabelScores | None = None
    boxes: DetectionScores | None = None
    masks: DetectionScores | None = None
    notes: tuple[str, ...] = ()


def evaluate(pairs: Sequence[Pair], task: Task, *, threshold: float = 0.5) -> Scores:
    """Compare predictions with labels.

    Args:
        pairs: Every image with both; labels and predictions of `task`.
        task: What the labels are.
        threshold: From which score on a class counts as predicted, for multi-label images. Average precision of
            objects takes all predictions.

    Raises:
        InputError: The threshold lies outside 0 to 1.
    """
    if not 0 <= threshold <= 1:
        raise InputError(f"The threshold is {threshold:g}; expected 0 to 1.", remedy="Choose for example 0.5.")
    if task is Task.CLASSIFICATION:
        return _evaluate_single(pairs)
    if task is Task.MULTILABEL:
        given = [_names(pair.label) for pair in pairs]
        scores = score_multilabel(given, [_class_scores(pair.prediction) for pair in pairs], threshold=threshold)
        return Scores(task, len(pairs), multilabel=scores)
    return _evaluate_objects(pairs, task)


def _evaluate_single(pairs: Sequence[Pair]) -> Scores:
    answered = [pair for pair in pairs if _names(pair.label) and _class_scores(pair.prediction)]
    labels = [_names(pair.label)[0] for pair in answered]
    predictions = [_top(pair.prediction) for pair in answered]
    left_out = len(pairs) - len(answered)
    notes = (f"Images without a class, left out: {left_out:,}.",) if left_out else ()
    return Scores(Task.CLASSIFICATION, len(answered), multiclass=score_multiclass(labels, predictions), notes=notes)


def _evaluate_objects(pairs: Sequence[Pair], task: Task) -> Scores:
    compared = [ObjectPair(_items(pair.label), _items(pair.prediction), *pair.size) for pair in pairs]
    boxes = score_objects(compared, Shape.BOX)
    masks = score_objects(compared, Shape.MASK) if task is Task.SEGMENTATION else None
    return Scores(task, len(pairs), boxes=boxes, masks=masks, notes=tuple(_note_objects(compared, boxes, masks)))


def _note_objects(pairs: Sequence[ObjectPair], boxes: DetectionScores, masks: DetectionScores | None) -> list[str]:
    notes: list[str] = []
    given = sum(not item.is_crowd for pair in pairs for item in pair.labels)
    crowds = sum(bool(item.is_crowd) for pair in pairs for item in pair.labels)
    if crowds:
        notes.append(f"Labelled crowds, neither missed nor wrongly found: {crowds:,}.")
    if given > boxes.labelled:
        notes.append(f"Labelled boxes that are empty or upside down, left out: {given - boxes.labelled:,}.")
    if masks is not None and boxes.labelled > masks.labelled:
        notes.append(f"Labels without a polygon, left out of the masks: {boxes.labelled - masks.labelled:,}.")
    return notes


def _names(content: Content) -> tuple[str, ...]:
    return content.names if isinstance(content, Labels) else ()


def _class_scores(content: Content) -> Mapping[str, float]:
    return content.scores if isinstance(content, Labels) else {}


def _top(content: Content) -> str:
    scores = _class_scores(content)
    return max(scores, key=lambda name: scores[name])


def _items(content: Content) -> tuple:
    return content.items if isinstance(content, Instances) else ()
