"""Relook's ranking of regions against the saliency library's XRAI, over files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from explainers.picture.regions import join_regions, rank_regions, rank_regions_fast
from explainers.picture.segments import multiscale_regions
from tests.oracles.conftest import Ask

RANKINGS = {"full": rank_regions, "fast": rank_regions_fast}
SIZES = ((128, 128), (160, 128), (96, 200), (224, 224))
CASES = 60
"""Of random regions; `python -m bench.explainers paths` compares 400."""


@pytest.fixture(scope="module")
def photos() -> list[dict[str, NDArray[Any]]]:
    return [draw_photo(seed, *size) for seed, size in enumerate(SIZES)]


@pytest.fixture(scope="module")
def random_cases() -> list[dict[str, NDArray[Any]]]:
    return [draw_case(seed) for seed in range(CASES)]


def test_maps_and_ranks_of_photos_are_the_librarys(
    ask: Ask, tmp_path: Path, photos: list[dict[str, NDArray[Any]]]
) -> None:
    answers = answer(ask, tmp_path, photos)

    for number, photo in enumerate(photos):
        regions = multiscale_regions(photo["photo"])
        assert len(regions) > 20
        for name, rank in RANKINGS.items():
            same(rank(photo["attribution"], regions), answers, name, number)


def test_maps_and_ranks_of_random_regions_are_the_librarys(
    ask: Ask, tmp_path: Path, random_cases: list[dict[str, NDArray[Any]]]
) -> None:
    answers = answer(ask, tmp_path, random_cases)

    for number, case in enumerate(random_cases):
        regions = join_regions([np.flatnonzero(mask) for mask in case["masks"]], case["attribution"].shape)
        for name, rank in RANKINGS.items():
            made = rank(case["attribution"], regions, min_new_pixels=int(case["least"]))
            same(made, answers, name, number)


def same(made: NDArray[np.float32], answers: dict[str, NDArray[Any]], name: str, number: int) -> None:
    """The maps are the same, and mine never rises from one rank to the next; what no region claimed ranks last."""
    np.testing.assert_allclose(made, answers[f"{name}_{number}"], rtol=0, atol=1e-6)
    ranks = answers[f"{name}_ranks_{number}"]
    claimed = ranks < ranks.max()
    in_order = made[claimed][np.argsort(ranks[claimed], kind="stable")]
    assert (np.diff(in_order) <= 1e-6).all()


def answer(ask: Ask, folder: Path, cases: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Let the library rank every case."""
    named = {f"{name}_{number}": value for number, case in enumerate(cases) for name, value in case.items()}
    np.savez_compressed(folder / "cases.npz", allow_pickle=False, **named)
    assert ask("check_saliency.py", folder / "cases.npz", folder / "answers.npz") == len(cases)
    with np.load(folder / "answers.npz") as answers:
        return dict(answers)


def draw_photo(seed: int, height: int, width: int) -> dict[str, NDArray[Any]]:
    """Smooth colours with a grained disk in front, and evidence that is higher on the disk."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (7, 7, 3), dtype=np.uint8))
    photo = np.array(coarse.resize((width, height), Image.Resampling.BICUBIC))
    rows, columns = np.mgrid[:height, :width]
    disk = (rows - height * 0.4) ** 2 + (columns - width * 0.6) ** 2 < (min(height, width) / 4) ** 2
    photo[disk] = rng.integers(0, 256, 3) // 2 + rng.integers(0, 60, (int(disk.sum()), 3))
    attribution = rng.standard_normal((height, width)) + disk
    return {"photo": photo, "attribution": attribution.astype(np.float32)}


def draw_case(seed: int) -> dict[str, NDArray[Any]]:
    """Overlapping rectangles and scatter, some twice, and evidence with ties, all negative, or zero everywhere."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(8, 32)), int(rng.integers(8, 32)))
    kinds = (rng.standard_normal(shape), -rng.random(shape), np.zeros(shape), rng.integers(-1, 2, shape) / 3)
    masks = [draw_mask(rng, shape) for _ in range(int(rng.integers(1, 30)))]
    masks += masks[: int(rng.integers(0, 4))]
    return {
        "attribution": kinds[seed % len(kinds)].astype(np.float32),
        "masks": np.stack(masks),
        "least": np.array(rng.integers(1, 21)),
    }


def draw_mask(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    mask = rng.random(shape) < 0.1 if rng.random() < 0.3 else np.zeros(shape, bool)
    top, left = int(rng.integers(0, shape[0])), int(rng.integers(0, shape[1]))
    mask[top : top + int(rng.integers(1, 12)), left : left + int(rng.integers(1, 12))] = True
    return mask
