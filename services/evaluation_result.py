"""What an evaluation of a project says, for screens, the command line and the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.project import Project
from domain.trust import Estimate
from metrics.classification_calibration import Reliability
from metrics.classification_curves import Curve
from services.evaluation_points import Points

Groups = Mapping[str, NDArray[np.int64]]
"""Key -> places of images, behind everything that opens images."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure of the strip.

    Attributes:
        after: With the labels as they stand after review.
        before: With the labels as they were given, on the images that had one, or by the other model; None without any.
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


FLIPS = ("flip/right", "flip/wrong")
"""Keys of the images that are right on one side of a comparison and wrong on the other."""


def flips(
    is_right: NDArray[np.bool_], was_right: NDArray[np.bool_], in_both: NDArray[np.bool_]
) -> dict[str, NDArray[np.int64]]:
    """The images, of those that count on both sides, that came to be right and those that came to be wrong."""
    right, wrong = FLIPS
    return {
        right: np.flatnonzero(in_both & is_right & ~was_right),
        wrong: np.flatnonzero(in_both & was_right & ~is_right),
    }


@dataclass(frozen=True, slots=True)
class About:
    """What was evaluated.

    Attributes:
        model: Name of the model.
        other: Name of the model that the change is measured from; empty where it is measured from before review.
        split: The images were those of this split; empty for all.
    """

    project: Project
    model: str
    other: str = ""
    split: str = ""

    @property
    def sides(self) -> tuple[str, str]:
        """What the later and the earlier figure of a pair are."""
        return (self.model or "this model", self.other) if self.other else ("after review", "before review")


@dataclass(frozen=True, slots=True)
class ProjectEvaluation:
    """Everything about one project and its active model, before and after review or against another model.

    Attributes:
        image_ids: The images that were compared; `groups` name them by place.
        class_heads: What `ClassLine.values` are.
        averages: Rows below the classes: name and values.
        further: Figures without a place in the strip, name and text.
        curves: Class -> ROC (None for objects) and precision over recall.
        unmeasured: Images whose brightness is not known yet.
        nothing: Why no image could be compared, and what to do; empty where some were.
        points: What knows the images behind points of curves; None where that would take too much room.
    """

    about: About
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
    points: Points | None = None
    unmeasured: int = 0
    nothing: str = ""

    @property
    def facts(self) -> str:
        """What was compared with what, in a few words."""
        about = self.about
        return ", ".join(
            [
                about.model or "no model",
                *([f"against {about.other}"] if about.other else []),
                about.project.task.in_words,
                *([f"{about.split} images only"] if about.split else []),
                "1 image compared" if len(self.image_ids) == 1 else f"{len(self.image_ids):,} images compared",
            ]
        )

    def images_of(self, key: str) -> list[str]:
        """The images behind a cell, a row, a bar or a point, in natural order; none for a key that is not known."""
        point = self._point(key)
        places = self.groups.get(key, ()) if point is None or self.points is None else self.points.wrong(*point)
        return [self.image_ids[place] for place in places]

    def title_of(self, key: str) -> str:
        """What the images behind a key have in common; empty for a key that is not known."""
        point = self._point(key)
        if point is not None:
            number, score = point
            name = list(self.curves)[number]
            return f"{name} from score {score:.3f} on: wrong or missed" if score < np.inf else f"{name}: all of them"
        if key not in self.groups:
            return ""
        kind, _, rest = key.partition("/")
        if kind in _TELLERS:
            return _TELLERS[kind](self, rest)
        return next((each.words for each in self.costs if each.key == key), _TITLES.get(key, ""))

    def _point(self, key: str) -> tuple[int, float] | None:
        """The class and the score that the key of a point names; None for any other key."""
        kind, _, rest = key.partition("/")
        if kind != "point" or self.points is None:
            return None
        number, _, score = rest.partition("/")
        return (int(number), float(score)) if int(number) < len(self.curves) else None


def point_key(number: int, score: float) -> str:
    """The key of the point of a curve at which a class, by its place, counts as predicted from `score` on."""
    return f"point/{number}/{score!r}"


def _tell_cell(evaluation: ProjectEvaluation, rest: str) -> str:
    row, column = map(int, rest.split("/"))
    matrix = evaluation.matrix
    return f"Label {matrix.rows[row]}, predicted {matrix.columns[column]}" if matrix is not None else ""


def _tell_flip(evaluation: ProjectEvaluation, rest: str) -> str:
    right, wrong = evaluation.about.sides[:: 1 if f"flip/{rest}" == FLIPS[0] else -1]
    return f"Right {_with(evaluation.about, right)}, wrong {_with(evaluation.about, wrong)}"


_TELLERS: Mapping[str, Callable[[ProjectEvaluation, str], str]] = {
    "cell": _tell_cell,
    "class": lambda evaluation, rest: f"Wrong in class {evaluation.classes[int(rest)].name}",
    "bin": lambda _evaluation, rest: f"Score {int(rest) / 10:.1f} to {int(rest) / 10 + 0.1:.1f}",
    "slice": lambda _evaluation, rest: f"Something wrong, {' '.join(rest.split('/', 1))}",
    "flip": _tell_flip,
}


def _with(about: About, side: str) -> str:
    return f"with {side}" if about.other else side


_TITLES = {"errors": "Label changed by review"}
