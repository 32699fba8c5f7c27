"""What an evaluation of a project says, for screens, the command line and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.prediction import Task
from domain.trust import Estimate
from metrics.classification_calibration import Reliability
from metrics.classification_curves import Curve

Groups = Mapping[str, NDArray[np.int64]]
"""Key -> places of images, behind everything that opens images."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of the strip.

    Attributes:
        after: With the labels as they stand after review.
        before: With the labels as they were given, on the images that had one; None without any.
        change: After minus before on the images that have both, with the interval of the paired difference.
        count: A number to show in place of `after`, which is then its share.
        note: What it counts.
    """

    key: str
    title: str
    after: Estimate | None
    before: float | None = None
    change: Estimate | None = None
    is_higher_better: bool = True
    count: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Labels against predictions.

    Attributes:
        unit: What is counted, "images" or "objects".
        rows: Names of the labels; for objects the last row is what was predicted on nothing.
        columns: Names of the predictions; for objects the last column is what was missed.
        counts: (R, C).
    """

    unit: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: NDArray[np.int64]

    @staticmethod
    def key(row: int, column: int) -> str:
        """Of the images of a cell."""
        return f"cell/{row}/{column}"


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class in the table; None is undefined. `before` and `after` are the figure that is drawn as dots."""

    name: str
    values: tuple[int | float | None, ...]
    before: float | None
    after: float | None
    key: str


@dataclass(frozen=True, slots=True)
class Cost:
    """One kind of fault, how often, and the mAP that mending it would gain."""

    kind: str
    words: str
    count: int
    gain: float | None
    key: str


@dataclass(frozen=True, slots=True)
class SliceLine:
    """Images of one slice and the share of them on which all is right."""

    kind: str
    name: str
    images: int
    share: Estimate
    key: str


def flips(
    is_right: NDArray[np.bool_], was_right: NDArray[np.bool_], in_both: NDArray[np.bool_]
) -> dict[str, NDArray[np.int64]]:
    """The images, of those that count on both sides, that came to be right and those that came to be wrong."""
    return {
        "turned right": np.flatnonzero(in_both & is_right & ~was_right),
        "turned wrong": np.flatnonzero(in_both & was_right & ~is_right),
    }


@dataclass(frozen=True, slots=True)
class ProjectEvaluation:
    """Everything about one project and its active model.

    Attributes:
        image_ids: The images that were compared; `groups` name them by place.
        class_heads: What `ClassLine.values` are.
        averages: Rows below the classes: name and values.
        further: Figures without a place in the strip, name and text.
        curves: Class -> ROC (None for objects) and precision over recall.
    """

    task: Task
    project: str
    model: str
    threshold: float
    image_ids: list[str]
    headlines: tuple[Headline, ...] = ()
    matrix: Matrix | None = None
    figure: str = ""
    class_heads: tuple[str, ...] = ()
    classes: tuple[ClassLine, ...] = ()
    averages: tuple[tuple[str, tuple[int | float | None, ...]], ...] = ()
    further: tuple[tuple[str, float | None], ...] = ()
    curves: Mapping[str, tuple[Curve | None, Curve | None]] = field(default_factory=dict)
    reliability: Reliability | None = None
    costs: tuple[Cost, ...] = ()
    slices: tuple[SliceLine, ...] = ()
    notes: tuple[str, ...] = ()
    groups: Groups = field(default_factory=dict)

    def images_of(self, key: str) -> list[str]:
        """The images behind a cell, a row or a bar, in natural order; none for a key that is not known."""
        return [self.image_ids[place] for place in self.groups.get(key, ())]

    def title_of(self, key: str) -> str:
        """What the images behind a key have in common; empty for a key that is not known."""
        if key not in self.groups:
            return ""
        kind, _, rest = key.partition("/")
        if kind == "cell" and self.matrix is not None:
            row, column = map(int, rest.split("/"))
            return f"Label {self.matrix.rows[row]}, predicted {self.matrix.columns[column]}"
        if kind == "class":
            return f"Wrong in class {self.classes[int(rest)].name}"
        if kind == "bin":
            return f"Score {int(rest) / 10:.1f} to {int(rest) / 10 + 0.1:.1f}"
        if kind == "slice":
            return f"Something wrong, {' '.join(rest.split('/', 1))}"
        return next((each.words for each in self.costs if each.key == key), _TITLES.get(key, ""))


_TITLES = {
    "errors": "Label changed by review",
    "turned right": "Right after review, wrong before",
    "turned wrong": "Wrong after review, right before",
}
