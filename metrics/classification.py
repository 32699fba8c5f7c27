"""Accuracy, precision, recall and their kin, counted from labels and predictions (formats.md 5.7).

A ratio with a zero denominator is undefined: None, never 0, and left out of macro averages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Mean:
    """A macro average.

    Attributes:
        value: Over the classes where the number is defined; None when it is for none.
        classes: How many those are.
    """

    value: float | None
    classes: int


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One class against all others, in [0, 1]; None where undefined.

    Attributes:
        recall: Also called sensitivity or true positive rate.
        specificity: Also called true negative rate.
        average_precision: Area under precision over recall; None too when no scores were given.
    """

    label: str
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    specificity: float | None
    false_positive_rate: float | None
    false_negative_rate: float | None
    average_precision: float | None = None

    @property
    def labelled(self) -> int:
        """Images that bear the label."""
        return self.true_positives + self.false_negatives


@dataclass(frozen=True, slots=True)
class MulticlassScores:
    """One class an image.

    Attributes:
        images: How many were compared.
        accuracy: Share of images whose prediction equals the label; micro precision, recall and F1 equal it.
        classes: Every class that is labelled or predicted, in the order of their names.
        confusion: Rows are labels, columns predictions, both in the order of `classes`.
    """

    images: int
    accuracy: float | None
    macro_precision: Mean
    macro_recall: Mean
    macro_f1: Mean
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class MultilabelScores:
    """Any number of classes an image.

    Attributes:
        images: How many were compared.
        threshold: Classes with at least this score count as predicted.
        subset_accuracy: Share of images whose predicted classes equal the labels exactly.
        hamming_loss: Share of wrong yes or no answers over all images and classes.
        mean_average_precision: Over the classes that are labelled at least once; needs no threshold.
        classes: Every class that is labelled or scored, in the order of their names.
    """

    images: int
    threshold: float
    subset_accuracy: float | None
    hamming_loss: float | None
    mean_average_precision: Mean
    macro_precision: Mean
    macro_recall: Mean
    macro_f1: Mean
    classes: tuple[ClassScores, ...]


def score_multiclass(labels: Sequence[str], predictions: Sequence[str]) -> MulticlassScores:
    """Compare one label and one predicted class for each image.

    Raises:
        ValueError: The two differ in length.
    """
    pairs = Counter(zip(labels, predictions, strict=True))
    names = sorted({*labels, *predictions})
    confusion = tuple(tuple(pairs[label, predicted] for predicted in names) for label in names)
    grid = np.array(confusion, dtype=np.int64).reshape(len(names), len(names))
    hits, labelled, predicted = np.diag(grid), grid.sum(axis=1), grid.sum(axis=0)
    classes = tuple(
        score_class(name, hit, false_positives=said - hit, false_negatives=given - hit, images=len(labels))
        for name, hit, said, given in zip(names, hits.tolist(), predicted.tolist(), labelled.tolist(), strict=True)
    )
    accuracy = ratio(int(hits.sum()), len(labels))
    return MulticlassScores(len(labels), accuracy, *_macro(classes), classes, confusion)


def score_multilabel(
    labels: Sequence[Collection[str]], scores: Sequence[Mapping[str, float]], *, threshold: float = 0.5
) -> MultilabelScores:
    """Compare the labels of each image with its scores; a class without a score has score 0.

    Raises:
        ValueError: The two differ in length.
    """
    names = sorted({name for given in labels for name in given} | {name for each in scores for name in each})
    given = np.array([[name in image for name in names] for image in labels], dtype=bool)
    found = np.array([[image.get(name, 0.0) for name in names] for image in scores], dtype=np.float64)
    given, found = given.reshape(len(labels), len(names)), found.reshape(len(scores), len(names))
    if len(labels) != len(scores):
        raise ValueError(f"{len(labels)} labels and {len(scores)} predictions; expected as many of both")
    said = found >= threshold
    classes = tuple(
        _score_column(name, given[:, column], said[:, column], found[:, column]) for column, name in enumerate(names)
    )
    return MultilabelScores(
        images=len(labels),
        threshold=threshold,
        subset_accuracy=ratio(int((given == said).all(axis=1).sum()), len(labels)),
        hamming_loss=ratio(int((given != said).sum()), given.size),
        mean_average_precision=mean(each.average_precision for each in classes),
        **dict(zip(("macro_precision", "macro_recall", "macro_f1"), _macro(classes), strict=True)),
        classes=classes,
    )


def score_class(
    label: str,
    true_positives: int,
    *,
    false_positives: int,
    false_negatives: int,
    images: int,
    average_precision: float | None = None,
) -> ClassScores:
    """Work out every rate of one class from its counts among `images` images."""
    true_negatives = images - true_positives - false_positives - false_negatives
    negatives, positives = true_negatives + false_positives, true_positives + false_negatives
    return ClassScores(
        label=label,
        true_positives=true_positives,
        false_positives=false_positives,
        false_negatives=false_negatives,
        true_negatives=true_negatives,
        accuracy=ratio(true_positives + true_negatives, images),
        precision=ratio(true_positives, true_positives + false_positives),
        recall=ratio(true_positives, positives),
        f1=ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives),
        specificity=ratio(true_negatives, negatives),
        false_positive_rate=ratio(false_positives, negatives),
        false_negative_rate=ratio(false_negatives, positives),
        average_precision=average_precision,
    )


def average_precision(is_labelled: NDArray[np.bool_], scores: NDArray[np.float64]) -> float | None:
    """Area under the steps of precision over recall, equal scores taken together; None without a labelled image.

    The sum over thresholds of (R_n - R_(n-1)) P_n, without interpolation.

    Args:
        is_labelled: (N,) whether each image bears the label.
        scores: (N,) the score of each image.
    """
    if not is_labelled.any():
        return None
    order = np.argsort(-scores, kind="stable")
    last_of_equal = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)
    hits = np.cumsum(is_labelled[order])[last_of_equal]
    precision, recall = hits / (last_of_equal + 1), hits / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def mean(values: Iterable[float | None]) -> Mean:
    """Average what is defined."""
    defined = [value for value in values if value is not None]
    return Mean(sum(defined) / len(defined) if defined else None, len(defined))


def ratio(part: int, whole: int) -> float | None:
    """`part` of `whole`, or None when the whole is zero."""
    return part / whole if whole else None


def _macro(classes: Sequence[ClassScores]) -> tuple[Mean, Mean, Mean]:
    return (
        mean(each.precision for each in classes),
        mean(each.recall for each in classes),
        mean(each.f1 for each in classes),
    )


def _score_column(
    name: str, given: NDArray[np.bool_], said: NDArray[np.bool_], scores: NDArray[np.float64]
) -> ClassScores:
    return score_class(
        name,
        int((given & said).sum()),
        false_positives=int((~given & said).sum()),
        false_negatives=int((given & ~said).sum()),
        images=len(given),
        average_precision=average_precision(given, scores),
    )
