"""What is explained: the position of a class, the boxes of an object."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from domain.errors import ExplanationError, UnknownNameError
from domain.explanation import Target
from domain.prediction import Instance, ModelInfo
from explainers.base import Subject


def index_of_class(info: ModelInfo, label: str) -> int:
    """Return the output index of `label`.

    Raises:
        UnknownNameError: The model has no such class; the message lists those that come close.
    """
    if label in info.classes:
        return info.classes.index(label)
    close = get_close_matches(label, info.classes, 5)
    shown = list(dict.fromkeys([*close, *info.classes]))[:10]
    others = len(set(info.classes)) - len(shown)
    raise UnknownNameError(f"class of {info.name}", label, known=[*shown, f"and {others} more"] if others else shown)


def group_by_picture(subjects: Sequence[Subject]) -> list[list[int]]:
    """Return the numbers of the subjects that hold the same array, picture by picture."""
    groups: dict[int, list[int]] = {}
    for number, subject in enumerate(subjects):
        groups.setdefault(id(subject.image), []).append(number)
    return list(groups.values())


def chosen_object(instance: Instance | None, target: Target) -> Instance:
    """Return the object to explain.

    Raises:
        ExplanationError: None was chosen, or its box has no area.
    """
    if instance is None:
        raise ExplanationError(
            f"A detector is explained one object at a time, and no object was chosen for '{target.label}'.",
            remedy="Choose one of the boxes on the image.",
        )
    if instance.box.width <= 0 or instance.box.height <= 0:
        raise ExplanationError(
            f"The box of '{target.label}' has no area; expected its right edge beyond its left one and its lower edge "
            "below its upper one.",
            remedy="Draw the box again.",
        )
    return instance
