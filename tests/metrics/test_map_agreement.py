"""Two maps agree where they point to the same places, whatever their scale, grid and crop."""

import numpy as np
import pytest

from domain.explanation import Explanation, Region, Target
from metrics.map_agreement import compare_maps


def make(heatmap, region=None):
    return Explanation("a", "m", "gradcam", Target("can"), np.asarray(heatmap, np.float32), region or Region())


def blob(x, y, cells=28):
    rows, columns = np.mgrid[0:cells, 0:cells] / cells
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 0.02)


def test_the_same_map_on_another_scale_agrees_wholly():
    found = compare_maps(make(blob(0.3, 0.3)), make(7 * blob(0.3, 0.3)))
    assert found.overlap == pytest.approx(1)
    assert found.correlation == pytest.approx(1)
    assert np.abs(found.difference).max() == pytest.approx(0, abs=1e-6)


def test_maps_of_different_places_do_not_agree_and_the_difference_has_both_signs():
    found = compare_maps(make(blob(0.2, 0.2)), make(blob(0.8, 0.8, cells=7)))
    assert found.overlap < 0.1
    assert found.correlation < 0
    assert found.difference[22, 22] > 0.5
    assert found.difference[89, 89] < -0.5


def test_random_maps_overlap_by_about_a_ninth():
    rng = np.random.default_rng(0)
    overlaps = [compare_maps(make(rng.random((112, 112))), make(rng.random((112, 112)))).overlap for _ in range(5)]
    assert np.mean(overlaps) == pytest.approx(1 / 9, abs=0.01)


def test_maps_are_compared_where_both_models_looked():
    whole = make(blob(0.5, 0.5))
    crop = make(blob(0.5, 0.5, cells=14), Region(0.25, 0.25, 0.75, 0.75))
    found = compare_maps(whole, crop)
    assert found.region == Region(0.25, 0.25, 0.75, 0.75)
    assert found.overlap > 0.7
    assert compare_maps(make(blob(0.5, 0.5), Region(0, 0, 0.4, 1)), make(blob(0.5, 0.5), Region(0.6, 0, 1, 1))) is None


def test_maps_without_evidence_for_are_no_division_by_zero():
    found = compare_maps(make(-blob(0.5, 0.5)), make(blob(0.5, 0.5)))
    assert np.isfinite(found.difference).all()
