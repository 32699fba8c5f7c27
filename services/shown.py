"""What is shown for an image: the decision in force, else the label, else the model's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.geometry import intersection_over_union
from domain.prediction import Content, Instance, Instances, Labels, Task
from domain.project import ImageState, Project

SAME_OBJECT_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Shown:
    """The label of an image as it stands.

    Attributes:
        content: Classes or objects; empty when nobody said anything.
        source: "correction", "label", "prediction" or "none".
    """

    content: Content
    source: str


def as_shown(state: ImageState, project: Project) -> Shown:
    """Return the current label, or where there is none what the active model says above the threshold."""
    if state.decision is not None and state.decision.content is not None:
        return Shown(state.decision.content, "correction")
    if state.label is not None:
        return Shown(state.label, "label")
    predicted = above_threshold(state.prediction, project)
    if predicted is not None:
        return Shown(predicted, "prediction")
    return Shown(Instances() if project.task.has_objects else Labels({}), "none")


def above_threshold(prediction: Content | None, project: Project) -> Content | None:
    """Return the answer a prediction gives: objects and classes above the threshold, or the one top class."""
    if prediction is None:
        return None
    if isinstance(prediction, Instances):
        kept = (item for item in prediction.items if item.score is None or item.score >= project.threshold)
        return Instances(tuple(kept))
    if project.task is Task.CLASSIFICATION:
        return Labels(dict(prediction.top()))
    return Labels({name: score for name, score in prediction.scores.items() if score >= project.threshold})


def as_label(content: Content) -> Content:
    """Return `content` without scores: what a person says is not a probability."""
    if isinstance(content, Labels):
        return Labels(dict.fromkeys(content.scores, 1.0))
    return Instances(tuple(replace(item, score=None) for item in content.items))


def describe_difference(label: Content | None, prediction: Content | None, project: Project) -> str:
    """Say where label and prediction differ, in a few words; empty when they agree or one is missing."""
    answer = above_threshold(prediction, project)
    if label is None or answer is None:
        return ""
    if isinstance(label, Labels) and isinstance(answer, Labels):
        return _class_difference(label, answer)
    if isinstance(label, Instances) and isinstance(answer, Instances):
        return _object_difference(label.items, answer.items)
    return ""


def _class_difference(label: Labels, answer: Labels) -> str:
    missing = [name for name in label.scores if name not in answer.scores]
    extra = [name for name in answer.scores if name not in label.scores]
    if not missing and not extra:
        return ""
    if len(missing) == len(extra) == 1:
        return f"Label {missing[0]}, prediction {extra[0]}"
    return "Prediction " + ", ".join([f"without {name}" for name in missing] + [f"with {name}" for name in extra])


def _object_difference(given: Sequence[Instance], predicted: Sequence[Instance]) -> str:
    partner = _pair_objects(given, predicted)
    swapped = [(given[i].label, predicted[j].label) for i, j in partner.items() if given[i].label != predicted[j].label]
    if swapped:
        return f"Label {swapped[0][0]}, prediction {swapped[0][1]}"
    found = set(partner.values())
    extra = [item.label for j, item in enumerate(predicted) if j not in found]
    if extra:
        return f"{extra[0]} predicted, not labelled"
    missed = [item.label for i, item in enumerate(given) if i not in partner]
    return f"{missed[0]} labelled, not predicted" if missed else ""


def unpaired(given: Sequence[Instance], predicted: Sequence[Instance]) -> list[Instance]:
    """Return the objects given at whose place no object of their class is predicted."""
    partner = _pair_objects(given, predicted)
    return [item for i, item in enumerate(given) if i not in partner or predicted[partner[i]].label != item.label]


def _pair_objects(given: Sequence[Instance], predicted: Sequence[Instance]) -> dict[int, int]:
    """Index of a label -> index of the prediction on its place; one of its class before others, then by overlap."""
    overlaps = (
        (a.label == b.label, intersection_over_union(a.box, b.box), -i, -j)
        for i, a in enumerate(given)
        for j, b in enumerate(predicted)
    )
    partner: dict[int, int] = {}
    for _, overlap, i, j in sorted(overlaps, reverse=True):
        if overlap >= SAME_OBJECT_IOU and -i not in partner and -j not in partner.values():
            partner[-i] = -j
    return partner
