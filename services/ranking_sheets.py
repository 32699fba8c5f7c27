"""Labels and predictions as the arrays that strategies look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from domain.prediction import Content, Instance, Instances, Labels, class_names
from sampling import Boxes, ClassSheet, ObjectSheet

UNKNOWN_SIZE = (1000, 1000)
"""(width, height) where none is known."""


def make_class_sheet(
    labels: Sequence[Content | None], predictions: Sequence[Content], *, is_multilabel: bool, seed: int = 0
) -> ClassSheet:
    """Return the sheet of N images with class names.

    A class that no prediction lists has no scores; one that only some list has a score of 0 in the others. A prediction
    with a score that is not a number, or is not between 0 and 1, has no scores at all.
    """
    given = [content if isinstance(content, Labels) else Labels({}) for content in labels]
    said = [content if isinstance(content, Labels) else Labels({}) for content in predictions]
    known = _names(said)
    classes = tuple(known + [name for name in _names(given) if name not in set(known)])
    places = {name: place for place, name in enumerate(classes)}
    scores, marks = np.full((len(said), len(classes)), np.nan), np.zeros((len(said), len(classes)), bool)
    scores[:, : len(known)] = 0.0
    for row, (label, prediction) in enumerate(zip(given, said, strict=True)):
        marks[row, [places[name] for name in label.scores]] = True
        scores[row, [places[name] for name in prediction.scores]] = list(prediction.scores.values())
    listed = scores[:, : len(known)]
    is_usable = (np.isfinite(listed) & (listed >= 0) & (listed <= 1)).all(axis=1) & bool(known)
    scores[~is_usable] = np.nan
    return ClassSheet(classes, scores, marks, is_multilabel, seed)


def make_object_sheet(
    labels: Sequence[Content | None],
    predictions: Sequence[Content],
    sizes: Sequence[tuple[int, int]],
    *,
    seed: int = 0,
) -> ObjectSheet:
    """Return the sheet of N images with objects; labelled crowds are left out, and what is predicted inside them.

    Args:
        labels: N `Instances`; None counts as nothing labelled.
        predictions: N `Instances`.
        sizes: N times (width, height) in pixels.
        seed: For strategies that draw.
    """
    given, said = [list(_objects(each)) for each in labels], [list(_objects(each)) for each in predictions]
    classes = tuple(dict.fromkeys(thing.label for things in [*said, *given] for thing in things))
    places = {name: place for place, name in enumerate(classes)}
    labelled, predicted = [], []
    for label, prediction, size in zip(given, said, sizes, strict=True):
        crowds = [thing for thing in label if thing.is_crowd]
        labelled.append(_boxes([thing for thing in label if not thing.is_crowd], places, size))
        outside = [thing for thing in prediction if not any(_is_inside(thing, crowd) for crowd in crowds)]
        predicted.append(_boxes(outside, places, size))
    return ObjectSheet(classes, tuple(predicted), tuple(labelled), seed)


def is_usable(content: Content | None) -> bool:
    """Whether every object of a prediction has a score from 0 to 1, and a box of numbers."""
    return all(
        thing.score is not None and 0 <= thing.score <= 1 and bool(np.isfinite(thing.box.as_tuple()).all())
        for thing in _objects(content)
    )


def _objects(content: Content | None) -> tuple[Instance, ...]:
    return content.items if isinstance(content, Instances) else ()


def _names(contents: Iterable[Labels]) -> list[str]:
    return list(dict.fromkeys(name for content in contents for name in class_names(content)))


def _boxes(things: Sequence[Instance], places: dict[str, int], size: tuple[int, int]) -> Boxes:
    width, height = size if min(size) > 0 else UNKNOWN_SIZE
    corners = np.array([thing.box.as_tuple() for thing in things], np.float64).reshape(-1, 4)
    return Boxes(
        corners * (width, height, width, height),
        np.array([places[thing.label] for thing in things], np.int64),
        np.array([1.0 if thing.score is None else thing.score for thing in things], np.float64),
        tuple(thing.instance_id for thing in things),
    )


def _is_inside(thing: Instance, crowd: Instance) -> bool:
    """Whether the middle of an object lies in a crowd."""
    across, down = (thing.box.x_min + thing.box.x_max) / 2, (thing.box.y_min + thing.box.y_max) / 2
    return crowd.box.x_min <= across <= crowd.box.x_max and crowd.box.y_min <= down <= crowd.box.y_max
