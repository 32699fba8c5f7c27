"""What a strategy looks at: the predictions and labels of some images as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Embeddings = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClassSheet:
    """N images with class names, C classes.

    Attributes:
        classes: C names.
        scores: (N, C) float64, what the model says, 0 to 1. A column of NaN is a class the model does not have, a row
            of NaN an image whose prediction cannot be used.
        labels: (N, C) bool, what the label files say; None when no label is to be looked at.
        is_multilabel: Whether an image may have several classes, or none.
        seed: For strategies that draw.
        embeddings: (N, D) float32, what a model sees in each image; None when that is not to be looked at.
    """

    classes: tuple[str, ...]
    scores: Floats
    labels: NDArray[np.bool_] | None = None
    is_multilabel: bool = False
    seed: int = 0
    embeddings: Embeddings | None = None

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def given(self) -> NDArray[np.bool_]:
        """The labels.

        Raises:
            ValueError: There are none.
        """
        if self.labels is None:
            raise ValueError("This strategy needs labels.")
        return self.labels

    @property
    def seen(self) -> Embeddings:
        """The embeddings.

        Raises:
            ValueError: There are none.
        """
        return _given(self.embeddings)


@dataclass(frozen=True, slots=True)
class Boxes:
    """K objects of one image.

    Attributes:
        corners: (K, 4) float64, x_min, y_min, x_max, y_max in pixels.
        classes: (K,) int64, positions among the classes of the sheet.
        scores: (K,) float64, 0 to 1; 1 for labels.
        names: K ids, by which others know the objects; may be left out.
    """

    corners: Floats = field(default_factory=lambda: np.zeros((0, 4)))
    classes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    scores: Floats = field(default_factory=lambda: np.zeros(0))
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, slots=True)
class ObjectSheet:
    """N images with objects.

    Attributes:
        classes: Names.
        predicted: N sets of boxes with scores.
        labelled: N sets of boxes; None when no label is to be looked at.
        seed: For strategies that draw.
        embeddings: (N, D) float32, what a model sees in each image; None when that is not to be looked at.
    """

    classes: tuple[str, ...]
    predicted: tuple[Boxes, ...]
    labelled: tuple[Boxes, ...] | None = None
    seed: int = 0
    embeddings: Embeddings | None = None

    def __len__(self) -> int:
        return len(self.predicted)

    @property
    def given(self) -> tuple[Boxes, ...]:
        """The labels.

        Raises:
            ValueError: There are none.
        """
        if self.labelled is None:
            raise ValueError("This strategy needs labels.")
        return self.labelled

    @property
    def seen(self) -> Embeddings:
        """The embeddings.

        Raises:
            ValueError: There are none.
        """
        return _given(self.embeddings)


def _given(embeddings: Embeddings | None) -> Embeddings:
    if embeddings is None:
        raise ValueError("This strategy needs embeddings.")
    return embeddings


Sheet = ClassSheet | ObjectSheet
