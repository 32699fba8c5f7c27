"""The score of a picture while its pixels are hidden, or shown, in the order of a map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.trust import Estimate
from metrics.imputation import impute
from metrics.intervals import area_under
from metrics.map_grid import Ranks

Score: TypeAlias = Callable[[Sequence[RGBImage]], NDArray[np.floating]]
"""N versions of one picture -> (N,) scores of what is explained."""

ROAD_PLACES = (0.1, 0.3, 0.5, 0.7, 0.9)
DELETION_FILL = "the mean colour of the picture"
INSERTION_START = "the picture, blurred beyond recognition"

_LEAST_SCORE = 1e-6
_BLUR = 1 / 20  # of the short side: twice what RISE blurs at 224 pixels, since larger models know more of a blur
_PIXELS_AT_ONCE = 40 * 224 * 224


@dataclass(frozen=True, slots=True)
class Probe:
    """A picture, and what its score is when all of it is hidden.

    Attributes:
        score: Scores versions of `picture`.
        picture: (h, w, 3) uint8.
        blurred: What insertion starts from.
        filled: What deletion ends at.
        initial: The score of the whole picture.
        blurred_score: As a share of `initial`, at most 1.
        filled_score: Likewise.
        limit: The share of the pixels that the curves run over: 1, or the share a box takes up, since an object is gone
            when the pixels of its box are (ODAM, Zhao and Chan, ICLR 2023).
    """

    score: Score
    picture: RGBImage
    blurred: RGBImage
    filled: RGBImage
    initial: float
    blurred_score: float
    filled_score: float
    limit: float

    def shares(self, pictures: Sequence[RGBImage]) -> NDArray[np.float64]:
        """Return (N,) scores as shares of the initial one, 0 to 1.

        A version may score higher than the whole picture, where a rival is hidden. It counts as 1, so that classes with
        a small score do not outweigh all others.
        """
        return np.clip(np.asarray(self.score(pictures), np.float64) / self.initial, 0, 1)


def open_probe(score: Score, picture: RGBImage, *, limit: float = 1.0) -> Probe:
    """Score the whole picture and the two hidden ones: three pictures.

    Raises:
        ExplanationError: The score of the whole picture is 0, so that nothing can fall or rise.
    """
    sigma = max(0.5, min(picture.shape[:2]) * _BLUR)
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8).reshape(picture.shape)
    mean = picture.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
    filled = np.ascontiguousarray(np.broadcast_to(mean, picture.shape))
    initial, *hidden = np.asarray(score([picture, blurred, filled]), np.float64).tolist()
    if not initial > _LEAST_SCORE:
        raise ExplanationError(
            f"The score of what is explained is {initial:.2g} on this image; expected more than 0, since it is watched "
            "while pixels are hidden.",
            remedy="Choose a class or an object that the model finds on the image.",
        )
    blurred_score, filled_score = (min(1.0, value / initial) for value in hidden)
    return Probe(score, picture, blurred, filled, initial, blurred_score, filled_score, min(1.0, limit))


def insertion(probe: Probe, rankings: Iterable[Ranks], *, steps: int) -> Estimate:
    """Return the mean share of the score while pixels are shown on the blurred picture: `steps` - 1 pictures.

    Petsiuk et al., BMVC 2018 (https://arxiv.org/abs/1806.07421). One more picture where `probe.limit` is below 1.

    Args:
        probe: The picture and its score.
        rankings: The order of the pixels at each point of the curve, `itertools.repeat(ranks)` for a map.
        steps: Points of the curve after the first.
    """

    def show(place: float, ranks: Ranks) -> RGBImage:
        return np.where((ranks < place)[..., None], probe.picture, probe.blurred)

    return _curve(probe, rankings, show, ends={0.0: probe.blurred_score, 1.0: 1.0}, steps=steps)


def deletion(probe: Probe, rankings: Iterable[Ranks], *, steps: int) -> Estimate:
    """Return the mean share of the score while pixels are painted with the mean colour; see `insertion`."""

    def hide(place: float, ranks: Ranks) -> RGBImage:
        return np.where((ranks < place)[..., None], probe.filled, probe.picture)

    return _curve(probe, rankings, hide, ends={0.0: 1.0, 1.0: probe.filled_score}, steps=steps)


def road(probe: Probe, rankings: Iterable[Ranks], *, seed: int) -> Estimate:
    """Return the mean share of the score with the first 10, 30, 50, 70 and 90 % of the pixels imputed: five pictures.

    "Remove and debias" (Rong et al., ICML 2022, https://arxiv.org/abs/2202.00449), most relevant first.
    """
    rng = np.random.default_rng(seed)

    def hide(place: float, ranks: Ranks) -> RGBImage:
        return impute(probe.picture, ranks < place, rng=rng)

    places = np.array(ROAD_PLACES) * probe.limit
    return area_under(places, _scores(probe, places, rankings, hide))


def _curve(
    probe: Probe,
    rankings: Iterable[Ranks],
    change: Callable[[float, Ranks], RGBImage],
    *,
    ends: dict[float, float],
    steps: int,
) -> Estimate:
    """Return the area under the scores at `steps` + 1 places; those at `ends` are known already."""
    places = np.linspace(0, probe.limit, steps + 1)
    unknown = np.array([place not in ends for place in places.tolist()])
    values = np.array([ends.get(place, 0.0) for place in places.tolist()])
    values[unknown] = _scores(probe, places[unknown], rankings, change)
    return area_under(places, values)


def _scores(
    probe: Probe, places: NDArray[np.float64], rankings: Iterable[Ranks], change: Callable[[float, Ranks], RGBImage]
) -> NDArray[np.float64]:
    height, width = probe.picture.shape[:2]
    size = max(1, _PIXELS_AT_ONCE // (height * width))
    versions = (change(place, ranks) for place, ranks in zip(places.tolist(), rankings, strict=False))
    parts = []
    for start in range(0, len(places), size):
        batch = [next(versions) for _ in range(min(size, len(places) - start))]
        parts.append(probe.shares(batch))
    return np.concatenate(parts)
