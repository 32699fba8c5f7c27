"""Prediction files: matrices of probabilities, or masks as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError
from formats.eazyml.mask_files import read_picture
from formats.eazyml.matrices import read_matrix

PREDICTIONS = (".csv", ".npy", ".npz", ".png")
_MOST_CLASSES = 64
_GREYS = 255
_FINE_GREYS = 65535


def read_prediction(path: Path) -> NDArray[np.float64]:
    """Read a prediction.

    Of a picture, two values are outside and inside; more values, all below 64, are the numbers of classes; any others
    are probabilities, black 0 and white 1.

    Returns:
        (H, W, C) probabilities in [0, 1]; C is 1 for a single class.

    Raises:
        FormatError: It is no such file.
        LimitError: It is too large.
    """
    if path.suffix.lower() not in PREDICTIONS:
        raise FormatError(f"The prediction is neither {', '.join(PREDICTIONS[:-1])} nor .png.", where=path.name)
    if path.suffix.lower() != ".png":
        return read_matrix(path)
    picture = read_picture(path)
    values = np.unique(picture)
    highest = int(values[-1])
    if values.size <= 2:
        inside = (picture == highest) & (highest > 0)
        return inside[..., None].astype(np.float64)
    if highest < _MOST_CLASSES:
        return (picture[..., None] == np.arange(highest + 1)).astype(np.float64)
    return (picture / (_GREYS if highest <= _GREYS else _FINE_GREYS))[..., None]
