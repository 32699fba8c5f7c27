import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from domain.errors import ExplanationError
from domain.explanation import Region, Target
from explainers.base import Subject
from explainers.odam import ODAM
from explainers.picture import segments
from explainers.xrai import XRAI


def test_the_evidence_lies_where_it_was_planted(spots_colours, two_spots):
    saliency = XRAI(n_steps=12).explain(spots_colours, two_spots, Target("red"))

    grown = slice(16 - 7, 40 + 7)
    positive = np.clip(saliency.heatmap, 0, None)
    assert saliency.heatmap.shape == (96, 96)
    assert positive[grown, grown].sum() / positive.sum() > 0.9
    assert saliency.heatmap[28, 28] == saliency.heatmap.max()


def test_another_class_has_its_evidence_elsewhere(spots_colours, two_spots):
    saliency = XRAI(n_steps=12).explain(spots_colours, two_spots, Target("green"))

    assert saliency.heatmap[68, 68] == saliency.heatmap.max()


def test_the_fast_variant_ranks_the_same_attribution_almost_alike(cnn, photo):
    exact, fast = (XRAI(n_steps=8, xrai_fast=fast).explain(cnn, photo, Target("red")).heatmap for fast in (False, True))

    assert not np.array_equal(exact, fast)
    assert spearmanr(exact.ravel(), fast.ravel()).statistic > 0.5


def test_a_large_gap_is_told_with_the_way_out(spots_colours, two_spots):
    coarse = XRAI(n_steps=2).explain(spots_colours, two_spots, Target("red"))
    fine = XRAI(n_steps=100).explain(spots_colours, two_spots, Target("red"))

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
        XRAI(n_steps=4).explain(spots_colours, two_spots, Target("blue"))


def test_the_gap_is_kept(spots_colours, two_spots):
    saliency = XRAI(n_steps=100).explain(spots_colours, two_spots, Target("red"))

    assert 0 <= saliency.completeness_gap < 0.05


def test_a_class_that_is_spoken_against_everywhere_gives_the_reason(wrap_classifier, two_spots):
    darkness = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(24 * 24 * 3, 3)).eval()
    with torch.no_grad():
        darkness[2].weight.uniform_(-2, -1, generator=torch.Generator().manual_seed(0))

    with pytest.raises(ExplanationError, match="There is no positive evidence for 'red'"):
        XRAI(n_steps=4).explain(wrap_classifier(darkness, 96), np.maximum(two_spots, 200), Target("red"))


def test_regions_are_cut_once_for_all_classes_of_a_picture(spots_colours, two_spots, monkeypatch):
    cut = []
    real = segments.cut_regions
    monkeypatch.setattr(segments, "_CACHE", type(segments._CACHE)())
    monkeypatch.setattr(segments, "cut_regions", lambda image: cut.append(1) or real(image))

    found = XRAI(n_steps=6).explain_each(spots_colours, [Subject(two_spots, Target(each)) for each in ("red", "green")])

    assert len(cut) == 1
    assert [each.forward_passes for each in found] == [14, 0]
    assert [each.backward_passes for each in found] == [11, 11]


def test_fast_precision_ranks_the_regions_almost_alike(spots_colours, two_spots):
    exact, fast = (
        XRAI(n_steps=12, precision=each).explain(spots_colours, two_spots, Target("red")).heatmap
        for each in ("exact", "fast")
    )

    assert spearmanr(exact.ravel(), fast.ravel()).statistic > 0.98


@pytest.mark.parametrize("name", ["faster_rcnn", "fcos"])
def test_objects_have_regions_over_their_odam_map(build_detector, photo, name):
    model = build_detector(name)
    subjects = [Subject(photo, Target(each.label, each.instance_id), each) for each in model.detect(photo)]
    maps = ODAM().explain_each(model, subjects)

    found = XRAI().explain_each(model, subjects)

    pairs = [pair for pair in zip(maps, found, strict=True) if not isinstance(pair[1], ExplanationError)]
    assert pairs
    for odam, xrai in pairs:
        assert xrai.heatmap.shape == photo.shape[:2]
        assert xrai.region == Region()
        assert xrai.layer == odam.layer
        assert xrai.heatmap.max() <= odam.heatmap.max() + 1e-6
        assert len(np.unique(xrai.heatmap)) < odam.heatmap.size + 300
    assert sum(each.forward_passes for each in found if not isinstance(each, ExplanationError)) <= 1


def test_an_object_on_a_constant_picture_has_no_regions(build_detector, photo):
    model = build_detector("faster_rcnn")
    found = model.detect(photo)[0]

    with pytest.raises(ExplanationError):
        XRAI().explain(model, np.full_like(photo, 90), Target(found.label, found.instance_id), instance=found)
