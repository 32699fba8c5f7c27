"""What a strategy is, and the register of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import UnknownNameError
from domain.prediction import Task
from sampling.sheets import Floats

CLASSES = (Task.CLASSIFICATION, Task.MULTILABEL)
OBJECTS = (Task.DETECTION, Task.SEGMENTATION)


class Needs(StrEnum):
    """What a strategy looks at."""

    NOTHING = "nothing"
    PREDICTIONS = "predictions"
    BOTH = "labels and predictions"
    EMBEDDINGS = "embeddings"
    LABELS_AND_EMBEDDINGS = "labels and embeddings"

    @property
    def has_labels(self) -> bool:
        """Whether labels are looked at."""
        return self in {Needs.BOTH, Needs.LABELS_AND_EMBEDDINGS}

    @property
    def has_predictions(self) -> bool:
        """Whether predictions are looked at."""
        return self in {Needs.BOTH, Needs.PREDICTIONS}

    @property
    def has_embeddings(self) -> bool:
        """Whether it is looked at what the model sees in each image."""
        return self in {Needs.EMBEDDINGS, Needs.LABELS_AND_EMBEDDINGS}


@dataclass(frozen=True, slots=True)
class Suspect:
    """The object that made an image come early.

    Attributes:
        kind: What seems to be wrong, a word of the strategy's own.
        labelled: Position among the labelled objects of its image; None when a label is missing.
        predicted: Position among the predicted objects of its image; None when nothing is predicted there.
        score: How suspicious this object alone is, 0 to 1.
    """

    kind: str
    labelled: int | None
    predicted: int | None
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """How much each image should be looked at.

    Attributes:
        scores: (N,) float64, 0 to 1, the highest first; NaN where the strategy is undefined.
        suspects: For images with objects: N times the object that counts most, or None when nothing stands out.
    """

    scores: Floats
    suspects: tuple[Suspect | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to order images for review.

    Attributes:
        name: What a person types.
        title: Name in menus.
        summary: One sentence for a person choosing a strategy.
        source: Where it is described.
        tasks: Which labels it is for.
        needs: What it looks at.
        rank: The pure function: a sheet -> a `Ranking`. Its docstring holds the formula.
        reason: (sheet, ranking, position) -> why the image stands where it does, in words.
    """

    name: str
    title: str
    summary: str
    source: str
    tasks: tuple[Task, ...]
    needs: Needs
    rank: Callable[[Any], Ranking] = field(compare=False)
    reason: Callable[[Any, Ranking, int], str] = field(compare=False)


Rank = Callable[[Any], Ranking]

_strategies: dict[str, Strategy] = {}
STRATEGIES: Mapping[str, Strategy] = _strategies


def strategy(
    name: str,
    *,
    title: str,
    summary: str,
    source: str,
    tasks: tuple[Task, ...],
    needs: Needs,
    reason: Callable[[Any, Ranking, int], str],
) -> Callable[[Rank], Rank]:
    """Register a function as a strategy and leave it as it is; arguments as the attributes of `Strategy`."""

    def register(rank: Rank) -> Rank:
        if name in _strategies:
            raise ValueError(f"Strategy '{name}' is registered twice.")
        _strategies[name] = Strategy(name, title, summary, source, tasks, needs, rank, reason)
        return rank

    return register


def find_strategy(name: str, task: Task) -> Strategy:
    """Return the strategy of that name.

    Raises:
        UnknownNameError: There is none for this task; the message lists those there are.
    """
    fitting = strategies_for(task)
    if name not in fitting:
        raise UnknownNameError(f"strategy for {task.in_words}", name, known=list(fitting))
    return fitting[name]


def strategies_for(task: Task) -> dict[str, Strategy]:
    """Name -> strategy, of those that fit a task, in the order they were registered."""
    return {name: each for name, each in _strategies.items() if task in each.tasks}


def order_of(scores: Floats) -> NDArray[np.int64]:
    """Return (N,) positions, the highest score first, equal ones in the order given, undefined ones last."""
    return np.argsort(np.where(np.isnan(scores), np.inf, -scores), kind="stable").astype(np.int64)
