import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.xrai import XRAI


def test_the_evidence_lies_where_it_was_planted(spots_colours, two_spots):
    saliency = XRAI(steps=12).explain(spots_colours, two_spots, Target("red"))

    grown = slice(16 - 7, 40 + 7)
    positive = np.clip(saliency.heatmap, 0, None)
    assert saliency.heatmap.shape == (96, 96)
    assert positive[grown, grown].sum() / positive.sum() > 0.9
    assert saliency.heatmap[28, 28] == saliency.heatmap.max()


def test_another_class_has_its_evidence_elsewhere(spots_colours, two_spots):
    saliency = XRAI(steps=12).explain(spots_colours, two_spots, Target("green"))

    assert saliency.heatmap[68, 68] == saliency.heatmap.max()


def test_the_fast_variant_ranks_the_same_attribution_almost_alike(cnn, photo):
    exact, fast = (XRAI(steps=8, fast=fast).explain(cnn, photo, Target("red")).heatmap for fast in (False, True))

    assert not np.array_equal(exact, fast)
    assert spearmanr(exact.ravel(), fast.ravel()).statistic > 0.5


def test_a_large_gap_is_told_with_the_way_out(spots_colours, two_spots):
    coarse = XRAI(steps=2).explain(spots_colours, two_spots, Target("red"))
    fine = XRAI(steps=100).explain(spots_colours, two_spots, Target("red"))

    assert "More than 2 steps make the map more exact." in coarse.warnings[0]
    assert not fine.warnings


def test_a_constant_picture_has_no_regions(cnn):
    with pytest.raises(ExplanationError, match="Every value of the image the model sees is 90"):
        XRAI().explain(cnn, np.full((50, 60, 3), 90, np.uint8), Target("red"))


def test_one_pixel_is_a_constant_picture(cnn):
    with pytest.raises(ExplanationError, match="has no regions to rank"):
        XRAI().explain(cnn, np.full((1, 1, 3), 7, np.uint8), Target("red"))


def test_a_class_the_picture_never_speaks_for_gives_the_reason(spots_colours, two_spots):
    with torch.no_grad():
        spots_colours.module[5].weight[2].zero_()

    with pytest.raises(ExplanationError, match="is the same everywhere: every value in the integrated gradients is 0"):
        XRAI(steps=4).explain(spots_colours, two_spots, Target("blue"))
