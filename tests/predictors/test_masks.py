from __future__ import annotations

import cv2
import numpy as np
import pytest

from predictors.masks import trace_mask


def fill(segments: tuple[tuple[float, ...], ...], shape: tuple[int, int], *, zoom: int = 8) -> np.ndarray:
    """Rasterise segments with an independent, finer grid, and average it back to the pixels."""
    height, width = shape
    fine = np.zeros((height * zoom, width * zoom), np.uint8)
    for segment in segments:
        points = np.array(segment).reshape(-1, 2) * (width * zoom, height * zoom) - 0.5
        cv2.fillPoly(fine, [points.round().astype(np.int32)], 1)
    return fine.reshape(height, zoom, width, zoom).mean(axis=(1, 3))


def disc(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    rows, columns = np.indices(shape) + 0.5
    distance = np.hypot(rows - centre[0], columns - centre[1])
    return np.clip(radius - distance + 0.5, 0, 1).astype(np.float32)


@pytest.mark.parametrize("radius", [4.0, 9.0, 30.0])
def test_a_polygon_covers_its_mask(radius: float) -> None:
    mask = disc((80, 100), (37.0, 50.0), radius)
    [segment] = trace_mask(mask)
    covered = fill((segment,), mask.shape) >= 0.5
    inside = mask >= 0.5
    overlap = (covered & inside).sum() / (covered | inside).sum()
    assert overlap > (0.9 if radius < 5 else 0.95)
    assert len(segment) // 2 < 60


def test_a_rectangle_is_traced_to_within_half_a_pixel() -> None:
    mask = np.zeros((50, 60), np.float32)
    mask[10:30, 20:45] = 1.0
    [segment] = trace_mask(mask)
    points = np.array(segment).reshape(-1, 2) * (60, 50)
    np.testing.assert_allclose(points.min(axis=0), (20, 10), atol=0.5)
    np.testing.assert_allclose(points.max(axis=0), (45, 30), atol=0.5)


def test_a_mask_at_the_edge_reaches_the_edge() -> None:
    [segment] = trace_mask(np.ones((40, 30), np.float32))
    points = np.array(segment).reshape(-1, 2)
    assert points.min() == pytest.approx(0, abs=0.02)
    assert points.max() == pytest.approx(1, abs=0.02)
    assert ((points >= 0) & (points <= 1)).all()


def test_the_largest_segment_comes_first_and_specks_are_dropped() -> None:
    mask = disc((100, 100), (20, 20), 6) + disc((100, 100), (60, 60), 25) + disc((100, 100), (90, 10), 9)
    mask[50, 2] = 1.0
    segments = trace_mask(mask)
    areas = [cv2.contourArea(np.float32(segment).reshape(-1, 2)) for segment in segments]
    assert len(segments) == 3
    assert areas == sorted(areas, reverse=True)


def test_a_hole_is_not_represented() -> None:
    mask = disc((60, 60), (30, 30), 25) - disc((60, 60), (30, 30), 10)
    assert len(trace_mask(mask)) == 1


@pytest.mark.parametrize("mask", [np.zeros((30, 30), np.float32), np.full((30, 30), 0.49, np.float32)])
def test_an_empty_mask_has_no_polygon(mask: np.ndarray) -> None:
    assert trace_mask(mask) == ()


def test_a_large_mask_is_traced() -> None:
    mask = disc((1300, 1000), (600, 500), 400)
    [segment] = trace_mask(mask)
    points = np.array(segment).reshape(-1, 2) * (1000, 1300)
    np.testing.assert_allclose(np.hypot(points[:, 0] - 500, points[:, 1] - 600), 400, atol=1.0)
