"""Whether a map names the pixels a score rests on: insertion, deletion and ROAD, beside maps that know nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat

import numpy as np
from numpy.typing import NDArray

from domain.trust import Estimate
from metrics.intervals import exact_share
from metrics.map_grid import Ranks, rank_pixels
from metrics.masking import ROAD_PLACES, Probe, deletion, insertion, road
from metrics.reference_maps import centre_map, random_map

STEPS = 10
"""Half of the 20 that are usual: on MobileNetV2 that moves the area by 0.01 to 0.03, to no side, where random maps
differ by 0.05 to 0.3."""

CENTRE_STEPS = 6

OWN_PICTURES = 3 + 2 * (STEPS - 1) + len(ROAD_PLACES)
"""What `open_probe` and `measure_map` score together."""

REFERENCE_PICTURES = 2 * (STEPS - 1) + 2 * (CENTRE_STEPS - 1) + 2 * len(ROAD_PLACES)
"""What `measure_references` scores."""

_TIES = 14


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How the score follows the order of a map.

    Attributes:
        insertion: See `metrics.masking.insertion`; high is good.
        deletion: See `metrics.masking.deletion`; low is good.
        road: See `metrics.masking.road`; low is good.
    """

    insertion: Estimate
    deletion: Estimate
    road: Estimate

    @property
    def gain(self) -> float:
        """Insertion minus deletion: 1 at best, -1 at worst."""
        return self.insertion.value - self.deletion.value


def measure_map(probe: Probe, values: NDArray[np.float64], *, steps: int = STEPS, seed: int = 0) -> Faithfulness:
    """Measure a map on the pixels of the picture: 2 * (steps - 1) + 5 pictures, two more where `limit` is below 1.

    Args:
        probe: The picture and its score.
        values: (h, w) signed; pixels of equal value are ordered by a smooth random map.
        steps: Points of each curve after the first.
        seed: Of ties and of the noise of ROAD.
    """
    _check_size(probe, values)
    return _measure(probe, repeat(rank_map(values, seed=seed)), steps=steps, seed=seed)


def measure_random(probe: Probe, cells: int, *, steps: int = STEPS, seed: int = 0) -> Faithfulness:
    """Measure what random maps give on average on this picture: every point of every curve is of another one.

    Args:
        probe: The picture and its score.
        cells: See `metrics.reference_maps.random_map`.
        steps: Points of each curve after the first.
        seed: Of the maps.
    """
    return _measure(probe, _random_ranks(probe, cells, seed), steps=steps, seed=seed)


@dataclass(frozen=True, slots=True)
class References:
    """What maps that know nothing of the model give on a picture."""

    random: Faithfulness
    centre: Faithfulness


def measure_references(probe: Probe, cells: int, *, seed: int = 0) -> References:
    """Measure random maps of `cells` cells a side and the centre: 38 pictures, four more where `limit` is below 1."""
    size = probe.picture.shape[0], probe.picture.shape[1]
    centre = measure_map(probe, centre_map(size), steps=CENTRE_STEPS, seed=seed)
    return References(measure_random(probe, cells, seed=seed), centre)


def draw_null(probe: Probe, cells: int, *, maps: int, steps: int = STEPS, seed: int = 0) -> list[float]:
    """Return how much the gain of each of `maps` random maps exceeds the mean gain of the others on this picture.

    Pictures differ in what random maps gain on them; the excess can be pooled over pictures.

    Args:
        probe: The picture and its score.
        cells: See `metrics.reference_maps.random_map`.
        maps: At least 2; each takes 2 * (steps - 1) pictures, two more where `limit` is below 1.
        steps: Points of each curve after the first.
        seed: Of the maps.

    Raises:
        ValueError: `maps` is below 2.
    """
    if maps < 2:
        raise ValueError(f"{maps} random maps cannot be compared with each other.")
    drawn = islice(_random_ranks(probe, cells, seed), maps)
    gains = np.array([_gain(probe, ranks, steps) for ranks in drawn])
    return ((gains - gains.mean()) * maps / (maps - 1)).tolist()


def rank_among(excess: float, null: Sequence[float]) -> Estimate:
    """Return the share of random maps whose gain exceeds the mean by less than `excess`, with its exact interval.

    Raises:
        ValueError: `null` is empty.
    """
    return exact_share(sum(value < excess for value in null), len(null))


def rank_map(values: NDArray[np.float64], *, seed: int) -> Ranks:
    """Order the pixels of a map from the highest signed value to the lowest; ties by a smooth random map."""
    size = values.shape[0], values.shape[1]
    return rank_pixels(values, ties=random_map(size, _TIES, np.random.default_rng(seed)))


def _measure(probe: Probe, rankings: Iterable[Ranks], *, steps: int, seed: int) -> Faithfulness:
    return Faithfulness(
        insertion(probe, rankings, steps=steps),
        deletion(probe, rankings, steps=steps),
        road(probe, rankings, seed=seed),
    )


def _gain(probe: Probe, ranks: Ranks, steps: int) -> float:
    return insertion(probe, repeat(ranks), steps=steps).value - deletion(probe, repeat(ranks), steps=steps).value


def _random_ranks(probe: Probe, cells: int, seed: int) -> Iterator[Ranks]:
    rng = np.random.default_rng(seed)
    size = probe.picture.shape[0], probe.picture.shape[1]
    while True:
        yield rank_map(random_map(size, cells, rng), seed=seed)


def _check_size(probe: Probe, values: NDArray[np.float64]) -> None:
    if values.shape != probe.picture.shape[:2]:
        raise ValueError(f"The map has {values.shape} values; expected {probe.picture.shape[:2]}, one for each pixel.")
