from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from domain.errors import FormatError, LimitError
from domain.geometry import bounding_box
from formats.base.masks import (
    Runs,
    decode_rle,
    encode_rle,
    fill,
    fill_any,
    has_holes,
    list_counts,
    outline,
    overlap,
    rasterise,
    read_counts,
    ring_area,
    runs_of,
    trace,
)

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))
SQUARE = (0.2, 0.2, 0.8, 0.2, 0.8, 0.8, 0.2, 0.8)
MIDDLE = (0.4, 0.4, 0.6, 0.4, 0.6, 0.6, 0.4, 0.6)
RIGHT_HALF_OVER = (0.5, 0.2, 1.0, 0.2, 1.0, 0.8, 0.5, 0.8)


@given(MASKS)
def test_packed_and_plain_counts_give_the_mask_back(mask: np.ndarray) -> None:
    assert np.array_equal(decode_rle(encode_rle(mask), *mask.shape), mask)
    assert np.array_equal(decode_rle(list_counts(runs_of(mask)), *mask.shape), mask)


@given(MASKS)
def test_packed_counts_are_those_of_pycocotools(mask: np.ndarray) -> None:
    oracle = pytest.importorskip("pycocotools.mask")
    expected = oracle.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert encode_rle(mask) == expected
    assert runs_of(mask).area == int(mask.sum())


@given(MASKS)
def test_a_traced_mask_fills_the_same_pixels_and_traces_to_the_same_rings(mask: np.ndarray) -> None:
    rings = trace(mask)
    assert np.array_equal(rasterise(rings, *mask.shape), mask)
    assert trace(rasterise(rings, *mask.shape)) == rings


@given(st.integers(0, 10_000))
def test_a_traced_blob_keeps_its_pixels_and_its_box(seed: int) -> None:
    mask = draw_blob(seed)
    rings = trace(mask)
    assert np.array_equal(rasterise(rings, *mask.shape), mask)
    box, (rows, columns) = bounding_box(rings), np.nonzero(mask)
    assert box is not None
    edges = (columns.min() / 80, rows.min() / 60, (columns.max() + 1) / 80, (rows.max() + 1) / 60)
    assert box.as_tuple() == pytest.approx(edges, abs=1e-12)


def draw_blob(seed: int) -> np.ndarray:
    """A rotated ellipse with a hole, (60, 80)."""
    a, b, angle, hole = np.random.default_rng(seed).uniform((5, 5, 0, 0), (28, 28, 3, 0.6))
    y, x = np.mgrid[:60, :80] - np.array([30, 40]).reshape(2, 1, 1)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    distance = np.hypot(u / a, v / b)
    return (distance <= 1) & (distance > hole)


def test_smooth_outlines_have_few_points() -> None:
    y, x = np.mgrid[:200, :300]
    disc = np.hypot(x - 150, y - 100) < 80
    turned = (abs((x - 150) * 0.8 + (y - 100) * 0.6) < 70) & (abs((x - 150) * 0.6 - (y - 100) * 0.8) < 40)
    assert sum(len(ring) // 2 for ring in trace(disc)) < 100
    assert sum(len(ring) // 2 for ring in trace(turned)) < 60


def test_a_rectangle_is_traced_by_its_four_corners() -> None:
    mask = np.zeros((10, 20), bool)
    mask[2:6, 5:15] = True
    assert trace(mask) == ((0.25, 0.2, 0.25, 0.6, 0.75, 0.6, 0.75, 0.2),)


def test_corners_between_long_edges_stay() -> None:
    mask = np.zeros((40, 40), bool)
    mask[5:35, 5:15] = mask[25:35, 5:35] = True
    (ring,) = trace(mask)
    corners = {(5, 5), (15, 5), (15, 25), (35, 25), (35, 35), (5, 35)}
    assert {(round(x * 40), round(y * 40)) for x, y in zip(ring[0::2], ring[1::2], strict=True)} == corners
    assert len(ring) == 12


def test_a_hole_is_a_further_ring_and_the_largest_ring_comes_first() -> None:
    mask = np.zeros((10, 10), bool)
    mask[1:9, 1:9] = True
    mask[3:5, 3:7] = False
    outer, hole = trace(mask)
    assert ring_area(outer) == pytest.approx(0.64)
    assert ring_area(hole) == pytest.approx(0.08)
    assert has_holes((outer, hole), 10, 10)


def test_pixels_that_touch_by_a_corner_have_a_ring_each() -> None:
    assert len(trace(np.array([[1, 0], [0, 1]], bool))) == 2
    assert len(trace(np.array([[0, 1], [1, 0]], bool))) == 2


def test_an_empty_mask_has_no_rings_and_a_full_one_the_frame() -> None:
    assert trace(np.zeros((3, 4), bool)) == ()
    assert trace(np.ones((3, 4), bool)) == ((0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0),)


def test_overlapping_rings_of_one_object_are_a_hole_and_a_union_for_coco() -> None:
    even_odd, any_ring = fill((SQUARE, MIDDLE), 100, 100), fill_any((SQUARE, MIDDLE), 100, 100)
    assert (even_odd.area, any_ring.area) == (3200, 3600)
    assert has_holes((SQUARE, MIDDLE))
    assert has_holes((SQUARE, RIGHT_HALF_OVER), 50, 50)


def test_rings_side_by_side_are_no_hole() -> None:
    left, right = (0.0, 0.0, 0.5, 0.0, 0.5, 1.0, 0.0, 1.0), (0.5, 0.0, 1.0, 0.0, 1.0, 1.0, 0.5, 1.0)
    triangle, other = (0.0, 0.0, 1.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 0.02, 0.02, 1.0)
    assert not has_holes((left, right))
    assert not has_holes((triangle, other)), "their boxes overlap, they do not"
    assert not has_holes((SQUARE,))
    assert not has_holes(())


def test_open_and_closed_rings_fill_the_same() -> None:
    assert np.array_equal(rasterise([SQUARE], 33, 47), rasterise([(*SQUARE, *SQUARE[:2])], 33, 47))


def test_a_pixel_is_filled_when_its_centre_is_inside() -> None:
    ring = (0.2, 0.0, 0.74, 0.0, 0.74, 1.0, 0.2, 1.0)
    assert rasterise([ring], 1, 4).tolist() == [[False, True, True, False]]


def test_rings_outside_and_numbers_without_measure_are_cut_at_the_frame() -> None:
    far = (-1e300, -5.0, 1e300, -5.0, 1e300, 5.0, -1e300, 5.0)
    assert rasterise([far], 3, 4).all()
    assert not rasterise([(2.0, 2.0, 3.0, 2.0, 3.0, 3.0)], 3, 4).any()
    with pytest.raises(FormatError, match="not a finite number"):
        rasterise([(0.0, 0.0, float("nan"), 1.0, 1.0, 1.0)], 3, 4)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([4, 4], "fill 8 pixels, the mask of 4x3 has 12"),
        ([16, -4], "-4 pixels"),
        ([10**19, 2], "expected whole numbers"),
        ([10**12, 2], "expected 0 to 12"),
        ([1.5, 10.5], "expected whole numbers"),
        ([True, 11], "expected whole numbers"),
        ([[12]], "expected whole numbers"),
        ([], "fill 0 pixels"),
        (None, "expected a list of numbers or a text"),
        ("", "fill 0 pixels"),
        ("<!", "expected letters from 0 to o"),
        ("é", "expected letters from 0 to o"),
        ("oo", "in the middle of a number"),
        ("oooooooooooo0", "at most 8"),
        ("<<", "fill 24 pixels"),
    ],
)
def test_counts_that_cannot_be_are_refused(counts: object, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        decode_rle(counts, 3, 4)


def test_sizes_that_cannot_be_are_refused_without_taking_memory() -> None:
    with pytest.raises(FormatError, match="expected 1 to"):
        read_counts([0], 0, 5)
    with pytest.raises(FormatError, match="expected 1 to"):
        read_counts([10**18], 10**9, 10**10)
    with pytest.raises(LimitError, match="larger than"):
        decode_rle([0, 10**10], 10**5, 10**5)
    assert outline(read_counts([0, 10**10], 10**5, 10**5)) == ((0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0),)
    with pytest.raises(LimitError, match="pieces"):
        fill([SQUARE * 20_000], 2000, 2000)
    with pytest.raises(LimitError, match="pieces"):
        outline(read_counts([0, 10**9], 1, 10**9))


def test_a_mask_of_noise_is_traced_exactly_or_refused() -> None:
    noise = np.random.default_rng(0).random((400, 600)) < 0.5
    assert np.array_equal(rasterise(trace(noise[:200, :300]), 200, 300), noise[:200, :300])
    with pytest.raises(LimitError, match="corners"):
        trace(np.tile(noise, (3, 3)))


@given(MASKS, MASKS)
def test_overlap_is_that_of_the_arrays(a: np.ndarray, b: np.ndarray) -> None:
    height, width = min(a.shape[0], b.shape[0]), min(a.shape[1], b.shape[1])
    a, b = a[:height, :width], b[:height, :width]
    union = (a | b).sum()
    expected = (a & b).sum() / union if union else 1.0
    assert overlap(runs_of(a), runs_of(b)) == pytest.approx(expected)


def test_the_rle_twins_of_real_polygons_agree_with_them(test_data: Path) -> None:
    folder = test_data / "azure_fridge_labels"
    polygons = json.loads((folder / "odFridgeObjectsMask_coco.json").read_text())["annotations"]
    masks = json.loads((folder / "odFridgeObjectsMask_coco_rle.json").read_text())["annotations"]
    by_id = {one["id"]: one["segmentation"] for one in polygons}
    for one in masks:
        height, width = one["segmentation"]["size"]
        runs = read_counts(one["segmentation"]["counts"], height, width)
        assert overlap(runs, fill(in_fractions(by_id[one["id"]], width, height), height, width)) > 0.998
        assert same(fill(outline(runs), height, width), runs)


def in_fractions(rings: list[list[float]], width: int, height: int) -> list[tuple[float, ...]]:
    return [tuple((np.reshape(ring, (-1, 2)) / (width, height)).ravel().tolist()) for ring in rings]


def same(a: Runs, b: Runs) -> bool:
    return np.array_equal(a.flips, b.flips)
