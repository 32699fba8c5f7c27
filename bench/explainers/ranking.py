"""XRAI without its gradients beside the saliency library: the same maps and ranks, in how much of the time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.explainers.measure import Figure, Row, Setting
from bench.explainers.peers import INSTALL, find_peer
from bench.explainers.subjects import load_photos
from domain.explanation import RGBImage
from explainers.picture.regions import join_regions, rank_regions, rank_regions_fast
from explainers.picture.segments import cut_regions

SIDES = {224: 6.0, 512: 15.0}
"""Side of the picture -> how many times as fast the ranking has to be."""
CASES = 400
SAME = 1e-6
SAME_MAP = "largest difference to the saliency library"

Map = NDArray[np.float32]
Ranks = NDArray[np.int64]


def measure_ranking(setting: Setting) -> Iterator[Row]:
    """Yield speed and agreement on photos, and agreement on random cases."""
    peer: Any = find_peer("saliency.core.xrai")
    if peer is None:
        yield Row("XRAI without its gradients", SAME_MAP, None, note=INSTALL)
        return
    cases = 20 if setting.is_quick else CASES
    work = f"Ranking of {cases} random cases"
    differences = [compare_case(peer, seed) for seed in range(setting.seed, setting.seed + cases)]
    yield Row(work, SAME_MAP, Figure(max(differences)), at_most=SAME)
    for side, bar in SIDES.items():
        count = 1 if setting.is_quick else 7 if side == min(SIDES) else 4
        rounds = [_rank_photo(peer, photo, setting) for photo in load_photos(setting, count, side)]
        work = f"XRAI without its gradients, {count} photos of {side} x {side}"
        yield Row(work, SAME_MAP, Figure(max(each.difference for each in rounds)), at_most=SAME)
        for name in ("full", "fast"):
            ratios = [each.peer_seconds[name] / each.seconds for each in rounds]
            figure = Figure(statistics.median(ratios), min(ratios), max(ratios))
            quantity = f"times as fast as the saliency library, {name}"
            yield Row(work, quantity, figure, at_least=bar if name == "full" else None)


@dataclass(frozen=True, slots=True)
class _Round:
    """One photo: seconds of Relook's exact ranking and of the peer's variants, and how far the maps differ."""

    seconds: float
    peer_seconds: dict[str, float]
    difference: float


def _rank_photo(peer: Any, photo: RGBImage, setting: Setting) -> _Round:
    """Cut a photo into regions and rank them by random evidence, in both ways of both."""
    noise = np.random.default_rng(setting.seed).standard_normal(photo.shape)
    attribution = (photo / 255 - 0.5 + noise).astype(np.float32)
    seconds, mine = _time(lambda: rank_regions(attribution.max(axis=2), cut_regions(photo)), setting)
    fast = rank_regions_fast(attribution.max(axis=2), cut_regions(photo))
    found = {name: _time(lambda name=name: _ask(peer, photo, attribution, name), setting) for name in ("full", "fast")}
    differences = [compare_maps(mine, *found["full"][1]), compare_maps(fast, *found["fast"][1])]
    return _Round(seconds, {name: each[0] for name, each in found.items()}, max(differences))


def _ask(peer: Any, photo: RGBImage, attribution: Map, algorithm: str) -> tuple[Map, Ranks]:
    parameters = peer.XRAIParameters(algorithm=algorithm, return_xrai_segments=True)
    found = peer.XRAI().GetMaskWithDetails(
        photo.astype(np.float32), None, base_attribution=attribution, extra_parameters=parameters
    )
    return found.attribution_mask, found.segments


def _time(work: Callable[[], Any], setting: Setting) -> tuple[float, Any]:
    clock = time.process_time if setting.is_shared else time.perf_counter
    start = clock()
    found = work()
    return clock() - start, found


def compare_case(peer: Any, seed: int) -> float:
    """Rank random overlapping regions by random evidence in both, and return how far the maps differ."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(8, 40)), int(rng.integers(8, 40)))
    kinds = (rng.standard_normal(shape), -rng.random(shape), np.zeros(shape), rng.integers(-1, 2, shape) / 3)
    attribution = kinds[seed % len(kinds)].astype(np.float32)
    masks = [draw_mask(rng, shape) for _ in range(int(rng.integers(1, 40)))]
    masks += masks[: int(rng.integers(0, 4))]
    least = int(rng.integers(1, 21))
    regions = join_regions([np.flatnonzero(mask) for mask in masks], shape)
    full, ranks = peer.XRAI._xrai(attribution, masks, min_pixel_diff=least)  # noqa: SLF001 - takes any masks
    fast, fast_ranks = peer.XRAI._xrai_fast(attribution, masks, min_pixel_diff=least)  # noqa: SLF001 - likewise
    return max(
        compare_maps(rank_regions(attribution, regions, min_new_pixels=least), full, ranks),
        compare_maps(rank_regions_fast(attribution, regions, min_new_pixels=least), fast, fast_ranks),
    )


def draw_mask(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a rectangle, or scattered pixels; never empty."""
    mask = rng.random(shape) < 0.1 if rng.random() < 0.3 else np.zeros(shape, bool)
    top, left = int(rng.integers(0, shape[0])), int(rng.integers(0, shape[1]))
    mask[top : top + int(rng.integers(1, 12)), left : left + int(rng.integers(1, 12))] = True
    return mask


def compare_maps(mine: Map, theirs: Map, ranks: Ranks) -> float:
    """Return the largest difference of two maps; infinity when mine does not fall with the other's ranks.

    What no region claimed has the last rank, whatever its value.
    """
    claimed = ranks < ranks.max()
    order = np.argsort(ranks[claimed], kind="stable")
    if (np.diff(mine[claimed][order].astype(np.float64)) > SAME * max(1.0, float(np.abs(mine).max()))).any():
        return float("inf")
    return float(np.abs(mine - theirs).max())
