"""Light variation of training pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def vary_colour(rng: np.random.Generator, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Change brightness, contrast and colour cast a little.

    Args:
        rng: Source of randomness.
        image: (h, w, 3) float32 in [0, 1].

    Returns:
        The same shape, clipped to [0, 1].
    """
    gains = (rng.uniform(0.85, 1.15) * rng.uniform(0.94, 1.06, 3)).astype(np.float32)
    contrast = np.float32(rng.uniform(0.85, 1.15))
    level = image.mean(dtype=np.float32)
    return np.clip(image * (gains * contrast) + level * (1 - contrast), 0, 1)


def as_fractions(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return image.astype(np.float32) / np.float32(255)
