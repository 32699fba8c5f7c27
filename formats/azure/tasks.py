"""Which task the labels of a file are for (formats.md 1.2 to 1.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

from domain.prediction import Task
from formats.azure.json_line import iterate_lines, loads_leniently

_MOST_VOTES = 1000


def shape_of_label(label: Any) -> Task | None:
    """The task a label is shaped for; None for an empty list, which fits three of them, and for what fits none."""
    if isinstance(label, (str, int)) and not isinstance(label, bool):
        return Task.CLASSIFICATION
    if isinstance(label, dict):
        return _shape_of_objects([label])
    if isinstance(label, list) and label:
        objects = [member for member in label if isinstance(member, dict)]
        if objects:
            return _shape_of_objects(objects)
        if any(isinstance(member, (str, int)) for member in label):
            return Task.MULTILABEL
    return None


def _shape_of_objects(objects: list[dict[str, Any]]) -> Task:
    return Task.SEGMENTATION if any(each.get("polygon") for each in objects) else Task.DETECTION


def detect_task(lines: Iterable[bytes]) -> Task | None:
    """Tell the task of a label file: what most lines are shaped for, the earlier one in a tie.

    Lines are read until 1,000 of them have told; empty lists do not tell.

    Returns:
        None when every list is empty or no line can be read: ask the person.
    """
    values = (loads_leniently(raw) for _, raw in iterate_lines(lines))
    shapes = (shape_of_label(value.get("label")) for value in values if isinstance(value, dict))
    return elect_task(shapes)


def elect_task(shapes: Iterable[Task | None]) -> Task | None:
    """The most frequent of the first 1,000; boxes and polygons stand together against the two classifications."""
    votes = Counter(islice((shape for shape in shapes if shape is not None), _MOST_VOTES))
    families: Counter[Task] = Counter()
    for shape, count in votes.items():
        families[Task.DETECTION if shape.has_objects else shape] += count
    winner = max(families, key=lambda family: families[family], default=None)
    if winner is None or not winner.has_objects:
        return winner
    return max((shape for shape in votes if shape.has_objects), key=lambda shape: votes[shape])


def fits_task(shape: Task, task: Task) -> bool:
    """Whether a label of that shape can stand in a file for `task`. Objects are judged one by one."""
    return shape is task or (shape.has_objects and task.has_objects)
