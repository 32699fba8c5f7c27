"""Planted label errors: about 8 % of the labels of a demo data set are made wrong on purpose, and listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from demo.objects import CLASSES
from domain.geometry import Box, bounding_box, intersection_over_union
from domain.prediction import Content, Instance, Instances, Labels, Task

SHARE = 0.08
"""Of the labels: images for the two classification tasks, objects for the other two."""

WRONG_CLASS, MISSING, SHIFTED, SPURIOUS = "wrong_class", "missing_object", "shifted_box", "spurious_object"

KINDS: Mapping[Task, tuple[str, ...]] = {
    Task.CLASSIFICATION: (WRONG_CLASS,),
    Task.MULTILABEL: (WRONG_CLASS, MISSING, SPURIOUS),
    Task.DETECTION: (WRONG_CLASS, MISSING, SHIFTED, SPURIOUS),
    Task.SEGMENTATION: (WRONG_CLASS, MISSING, SHIFTED, SPURIOUS),
}
"""Which kinds a task has. A class name missing from or added to a multi-label image counts as an object."""

LOOKALIKE = {"can": "carton", "carton": "can", "milk_bottle": "water_bottle", "water_bottle": "milk_bottle"}


@dataclass(frozen=True, slots=True)
class PlantedError:
    """One wrong label.

    Attributes:
        image: Index of the image.
        kind: One of the four kinds.
        given: What the wrong label says: a class name or an `Instance`; None when it leaves something out.
        truth: What it should say; None when there is nothing.
        given_index: Position of the wrong object among the image's given objects; None when there is none.
        truth_index: Position among the image's true objects; None when there is none.
    """

    image: int
    kind: str
    given: str | Instance | None
    truth: str | Instance | None
    given_index: int | None = None
    truth_index: int | None = None


def plant_errors(
    rng: np.random.Generator, truth: Sequence[Content], task: Task
) -> tuple[list[Content], list[PlantedError]]:
    """Spoil about `SHARE` of the labels.

    Args:
        rng: Source of randomness.
        truth: One `Labels` or `Instances` an image; `Labels` of one class for multi-class.
        task: Decides the kinds; they take turns.

    Returns:
        The labels to hand out, and what was done to them, at most one error an image, in image order.
    """
    if not truth:
        return [], []
    counts = [len(content.items) if isinstance(content, Instances) else 1 for content in truth]
    wanted = max(1, round(SHARE * sum(counts)))
    kinds = KINDS[task]
    given, errors = list(truth), []
    for index in rng.permutation(len(truth)).tolist():
        if len(errors) == wanted:
            break
        found = spoil(rng, truth[index], index, kinds[len(errors) % len(kinds)], is_single=task is Task.CLASSIFICATION)
        if found is not None:
            given[index], error = found
            errors.append(error)
    return given, sorted(errors, key=lambda error: error.image)


def spoil(
    rng: np.random.Generator, content: Content, image: int, kind: str, *, is_single: bool
) -> tuple[Content, PlantedError] | None:
    """One error of one kind in one image, or None when the image offers no place for it."""
    if isinstance(content, Instances):
        return OBJECT_ERRORS[kind](rng, content.items, image)
    present = list(content.names)
    absent = [name for name in CLASSES if name not in present]
    if kind == MISSING and len(present) > 1:
        lost = str(rng.choice(present))
        return as_labels(name for name in present if name != lost), PlantedError(image, kind, None, lost)
    if kind == SPURIOUS and absent:
        extra = str(rng.choice(absent))
        return as_labels([*present, extra]), PlantedError(image, kind, extra, None)
    if kind == WRONG_CLASS and present and absent:
        true = str(rng.choice(present))
        wrong = LOOKALIKE[true] if LOOKALIKE[true] in absent and rng.random() < 0.6 else str(rng.choice(absent))
        names = [wrong] if is_single else [wrong if name == true else name for name in present]
        return as_labels(names), PlantedError(image, kind, wrong, true)
    return None


def as_labels(names: Any) -> Labels:
    return Labels(dict.fromkeys(names, 1.0))


Spoiled = tuple[Content, PlantedError] | None


def mislabel(rng: np.random.Generator, things: tuple[Instance, ...], image: int) -> Spoiled:
    """One object gets another class."""
    if not things:
        return None
    at = int(rng.integers(len(things)))
    true = things[at]
    others = [name for name in CLASSES if name != true.label]
    wrong = replace(true, label=LOOKALIKE[true.label] if rng.random() < 0.6 else str(rng.choice(others)))
    return put(things, at, wrong), PlantedError(image, WRONG_CLASS, wrong, true, at, at)


def leave_out(rng: np.random.Generator, things: tuple[Instance, ...], image: int) -> Spoiled:
    """One object is not labelled."""
    if not things:
        return None
    at = int(rng.integers(len(things)))
    return Instances(things[:at] + things[at + 1 :]), PlantedError(image, MISSING, None, things[at], None, at)


def shift(rng: np.random.Generator, things: tuple[Instance, ...], image: int) -> Spoiled:
    """One object's box and polygon are moved by a fifth to a half of its size, staying inside the image."""
    if not things:
        return None
    at = int(rng.integers(len(things)))
    true, box = things[at], things[at].box
    for _ in range(20):
        step = rng.uniform(0.2, 0.5, 2) * rng.choice([-1, 1], 2) * (box.width, box.height)
        moved = move(true, float(step[0]), float(step[1]))
        if moved.box.is_valid and intersection_over_union(moved.box, box) < 0.65:
            return put(things, at, moved), PlantedError(image, SHIFTED, moved, true, at, at)
    return None


def invent(rng: np.random.Generator, things: tuple[Instance, ...], image: int) -> Spoiled:
    """An object is labelled where there is none."""
    for _ in range(30):
        width, height = rng.uniform(0.1, 0.25), rng.uniform(0.12, 0.35)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        box = Box(*(round(float(side), 5) for side in (left, top, left + width, top + height)))
        if all(intersection_over_union(box, thing.box) < 0.1 for thing in things):
            extra = Instance("spurious", str(rng.choice(CLASSES)), box, polygons=(oval(box),), is_crowd=False)
            return Instances((*things, extra)), PlantedError(image, SPURIOUS, extra, None, len(things), None)
    return None


OBJECT_ERRORS: Mapping[str, Callable[[np.random.Generator, tuple[Instance, ...], int], Spoiled]] = {
    WRONG_CLASS: mislabel,
    MISSING: leave_out,
    SHIFTED: shift,
    SPURIOUS: invent,
}


def put(things: tuple[Instance, ...], at: int, thing: Instance) -> Instances:
    return Instances((*things[:at], thing, *things[at + 1 :]))


def move(thing: Instance, right: float, down: float) -> Instance:
    """The object moved by fractions of the image; the box is again the one around the polygon."""
    step = (right, down)
    polygons = tuple(
        tuple(round(value + step[place % 2], 5) for place, value in enumerate(ring)) for ring in thing.polygons
    )
    box = bounding_box(polygons) or thing.box
    return replace(thing, box=box, polygons=polygons)


def oval(box: Box) -> tuple[float, ...]:
    """A ring of 16 points that touches all four sides of `box`."""
    turns = np.arange(16) * np.pi / 8
    xs = box.x_min + box.width * (0.5 + 0.5 * np.cos(turns))
    ys = box.y_min + box.height * (0.5 + 0.5 * np.sin(turns))
    return tuple(np.round(np.stack([xs, ys], 1), 5).ravel().tolist())
