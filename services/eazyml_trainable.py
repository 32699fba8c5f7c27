"""EazyML's trainable scores, approximated: a linear model from what a prediction looks like to how good it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError
from domain.explanation import Explanation
from services.eazyml_cases import Axis
from services.eazyml_scores import Predicted, evidence_share, log_info, weighted_moments
from services.eazyml_tables import Row, read_class, read_classes_of_pixels

FEWEST_LESSONS = 4
_RIDGE = 1.0
"""Of standardised features: with few lessons the score stays near the mean quality."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A labelled image: what the model's prediction looks like, and how good it is, 0 to 1."""

    features: Sequence[float]
    quality: float


@dataclass(frozen=True, slots=True)
class TrainedScore:
    """A ridge regression."""

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    mean: float

    def predict(self, features: Sequence[float]) -> float:
        """Return the expected quality, 0 to 100."""
        found = self.mean + float(((np.asarray(features) - self.centre) / self.scale) @ self.weights)
        return round(100 * min(max(found, 0.0), 1.0), 2)


def features_of(said: Predicted, made: Explanation | None, *, with_map: bool) -> list[float]:
    """Return what a prediction looks like, and for trainable-2 its map: 0 where there is none."""
    plain = [weighted_moments(said), log_info(said), 100 * float(said.inside.mean())]
    return [*plain, evidence_share(made.heatmap) if made is not None else 0.0] if with_map else plain


def quality_of(said: Predicted, axis: Axis, row: Row) -> float:
    """Return the intersection over union of a region with its mask, or whether a class is right.

    Raises:
        FormatError: The label cannot be used.
    """
    if said.inside.shape == (1, 1):
        return float(read_class(row, axis.names) == said.target)
    height, width = said.inside.shape
    truth = read_classes_of_pixels(row, axis.names, (height, width)) == said.target
    union = int((truth | said.inside).sum())
    return int((truth & said.inside).sum()) / union if union else 1.0


def train_score(lessons: Sequence[Lesson]) -> TrainedScore:
    """Fit the regression.

    Raises:
        FormatError: There are too few lessons.
    """
    if len(lessons) < FEWEST_LESSONS:
        raise FormatError(
            f"training_data_path holds {len(lessons)} labelled images; trainable scores need {FEWEST_LESSONS}.",
            remedy="Add images, or use weighted-moments.",
        )
    features = np.array([lesson.features for lesson in lessons], np.float64)
    qualities = np.array([lesson.quality for lesson in lessons])
    centre, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    standard = (features - centre) / scale
    gram = standard.T @ standard + _RIDGE * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, standard.T @ (qualities - qualities.mean()))
    return TrainedScore(centre, scale, weights, float(qualities.mean()))
