"""Whether maps depend on what the model has learned: compared with those of the same model with random weights."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from domain.explanation import Heatmap, Region
from domain.trust import Estimate
from metrics.intervals import mean_of
from metrics.similarity import similarity

MOST_ALIKE = 0.3
"""Maps of random weights that correlate with the model's own by more than this show something other than the model.

With MobileNetV2 on five photos the mean is 0.09 for LIME and 0.13 for GradCAM, but 0.43 for XRAI, 0.52 for guided
backprop and 0.61 for LayerCAM, which follow the regions, the edges and the size of the activations.
"""

FEWEST_IMAGES = 2
_CELLS = 14
_BINS = (10, 100)
_PER_BIN = 5


def is_passed(alike: Estimate | None, *, vanished: int) -> bool | None:
    """Judge the weight-randomisation check (Adebayo et al., NeurIPS 2018, https://arxiv.org/abs/1810.03292).

    Passed: the upper end of the 95 % interval of the mean correlation `marked_alike` is below 0.3, or random weights
    give no map at all. Not passed: the mean itself is 0.3 or more. The rise in complexity is shown beside and decides
    nothing: by it alone guided backprop, which is known to fail, passes, and LIME, which is known to pass, may fail.

    Args:
        alike: Mean over images; None when there is no pair of maps.
        vanished: Pairs where random weights give no map.

    Returns:
        None when that is not decided: the interval reaches beyond 0.3, or fewer than two images could be compared.
    """
    if alike is None:
        return True if vanished >= FEWEST_IMAGES else None
    if alike.n < FEWEST_IMAGES:
        return None
    if alike.value >= MOST_ALIKE:
        return False
    return True if alike.high < MOST_ALIKE else None


def mean_over_images(
    values: Sequence[Sequence[float]], *, lowest: float = -1.0, highest: float = 1.0
) -> Estimate | None:
    """Return the mean of the images' means, n images: values of one image and several seeds depend on each other.

    Args:
        values: For each image, one value for each seed; images without any are left out.
        lowest: No value can lie below this, so the interval does not either.
        highest: Likewise.
    """
    means = [float(np.mean(of_image)) for of_image in values if of_image]
    if not means:
        return None
    mean = mean_of(means)
    return Estimate(mean.value, max(lowest, mean.low), min(highest, mean.high), mean.n)


def marked_alike(one: tuple[Heatmap, Region], other: tuple[Heatmap, Region]) -> float:
    """Return the rank correlation of how strongly two maps mark each part of the picture, -1 to 1.

    Parts are at most 14 x 14 cells, and evidence for and against marks alike: a map of edges shows the same edges with
    any weights, while the sign of each pixel changes at random.
    """
    return similarity((_mark(one[0]), one[1]), (_mark(other[0]), other[1]))


def _mark(heatmap: Heatmap) -> Heatmap:
    height, width = heatmap.shape
    size = (min(width, _CELLS), min(height, _CELLS))
    strength = np.abs(heatmap.astype(np.float64))
    return cv2.resize(strength, size, interpolation=cv2.INTER_AREA).astype(np.float32).reshape(size[::-1])


def complexity(heatmap: Heatmap) -> float:
    """Return the entropy of the histogram of a map's values, in nats: low where a few cells stand out.

    Up to 100 bins between the lowest and the highest value, as in the paper, and fewer on small grids.
    """
    bins = int(np.clip(heatmap.size // _PER_BIN, *_BINS))
    counts, _ = np.histogram(heatmap.astype(np.float64), bins=bins)
    shares = counts[counts > 0] / heatmap.size
    return float(-(shares * np.log(shares)).sum())


def complexity_rise(original: Heatmap, randomised: Heatmap) -> float | None:
    """Return how much more complex a map is under random weights, relative to the original; None if that has none.

    Efficient MPRT (Hedström et al., NeurIPS 2023 workshops, https://arxiv.org/abs/2401.06465): above 0 speaks for the
    method, since the maps of a model that knows nothing should stand out nowhere.
    """
    before = complexity(original)
    return (complexity(randomised) - before) / before if before > 0 else None
