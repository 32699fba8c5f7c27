"""Why an image with class names stands where it does, in words."""

from __future__ import annotations

import numpy as np

from sampling.base import Ranking
from sampling.sheets import ClassSheet


def say_drawn(sheet: object, ranking: Ranking, image: int) -> str:  # noqa: ARG001 - chance looks at nothing
    """An image that was drawn."""
    return "Drawn at random"


def say_top(sheet: ClassSheet, ranking: Ranking, image: int) -> str:  # noqa: ARG001 - all reasons are asked alike
    """What the model is surest of, and how sure."""
    if _is_unusable(sheet, image):
        return UNUSABLE
    if sheet.is_multilabel:
        name, score = _least_sure(sheet, image)
        return f"The least sure class is {name}, with a score of {score:.2f}"
    [(name, score), *_] = _best(sheet, image, 1)
    return f"The highest score is {score:.2f}, for {name}"


def say_top_two(sheet: ClassSheet, ranking: Ranking, image: int) -> str:
    """The two classes the model hesitates between."""
    if _is_unusable(sheet, image) or sheet.is_multilabel or len(best := _best(sheet, image, 2)) < 2:
        return say_top(sheet, ranking, image)
    (first, high), (second, low) = best
    return f"{first} has a score of {high:.2f}, {second} {low:.2f}"


def say_spread(sheet: ClassSheet, ranking: Ranking, image: int) -> str:
    """The classes over which the scores are spread."""
    if _is_unusable(sheet, image) or sheet.is_multilabel:
        return say_top(sheet, ranking, image)
    return "Scores: " + ", ".join(f"{name} {score:.2f}" for name, score in _best(sheet, image, 3))


def say_given(sheet: ClassSheet, ranking: Ranking, image: int) -> str:
    """The score of the label, and the class that has a higher one."""
    if _is_unusable(sheet, image):
        return UNUSABLE
    given = np.flatnonzero(sheet.given[image])
    unknown = [sheet.classes[each] for each in given if np.isnan(sheet.scores[image, each])]
    if unknown:
        return f"The model has no class {unknown[0]}, so that it says nothing about this label"
    if np.isnan(ranking.scores[image]):
        return "The image has no label"
    if sheet.is_multilabel:
        return _say_worst_class(sheet, image)
    label = int(given[0])
    others = [(name, score) for name, score in _best(sheet, image, 2) if name != sheet.classes[label]]
    told = f"Label {sheet.classes[label]} has a score of {sheet.scores[image, label]:.2f}"
    return f"{told}, {others[0][0]} has {others[0][1]:.2f}" if others else told


UNUSABLE = "The prediction holds a score that is not a number"


def _say_worst_class(sheet: ClassSheet, image: int) -> str:
    given, scores = sheet.given[image], sheet.scores[image]
    worst = int(np.nanargmin(np.where(given, scores, 1 - scores)))
    told = "is labelled with" if given[worst] else "is not labelled and has"
    return f"{sheet.classes[worst]} {told} a score of {scores[worst]:.2f}"


def _is_unusable(sheet: ClassSheet, image: int) -> bool:
    return bool(np.isnan(sheet.scores[image]).all())


def _best(sheet: ClassSheet, image: int, count: int) -> list[tuple[str, float]]:
    """The classes with the highest scores."""
    row = np.where(np.isnan(sheet.scores[image]), -1, sheet.scores[image])
    order = np.argsort(-row, kind="stable")[:count]
    return [(sheet.classes[each], float(row[each])) for each in order if row[each] >= 0]


def _least_sure(sheet: ClassSheet, image: int) -> tuple[str, float]:
    place = int(np.nanargmin(np.abs(sheet.scores[image] - 0.5)))
    return sheet.classes[place], float(sheet.scores[image, place])
