"""Maps of a semantic model: why a region got its class."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from domain.errors import ExplanationError, UnknownNameError
from domain.explanation import Region, Target
from domain.geometry import Box
from domain.prediction import Instance, ModelInfo, Task
from explainers import EXPLAINERS
from explainers.base import Subject
from explainers.gradcam import GradCAM
from explainers.lime import LIME
from explainers.network.class_regions import RegionLogits, region_of
from explainers.transformer_attribution import TransformerAttribution
from explainers.xrai import XRAI
from tests.semantic_models import CLASSES, SIDE, Dense, draw_things


class FromOutside:
    """A semantic model that only tells probabilities."""

    def __init__(self):
        self.info = ModelInfo("dense", "dense", "", Task.SEGMENTATION, CLASSES, None, "torchvision", "")
        self.lock = threading.RLock()
        self._network = Dense().eval()

    def crop(self, image):
        return image, Region()

    def class_index(self, label):
        return {"red": 1, "green": 2}[label]

    def pixel_scores(self, crops):
        with torch.inference_mode():
            return self._network(self._to_input(crops)).softmax(dim=1).numpy()

    def _to_input(self, crops):
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float() / 255


class FromInside(FromOutside):
    """One whose inside is open."""

    feature_layer = "encoder"

    @property
    def pixel_network(self):
        return self._network

    def normalise(self, crops):
        return self._to_input(crops)


@pytest.fixture
def picture():
    return draw_things()


def share_inside(heatmap, box):
    """Share of the evidence in `box`, but for what is fainter than a fifth of the strongest."""
    height, width = heatmap.shape
    ys, xs = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    inside = ((ys >= box.y_min) & (ys <= box.y_max))[:, None] & ((xs >= box.x_min) & (xs <= box.x_max))[None]
    positive = np.where(heatmap > heatmap.max() / 5, heatmap, 0)
    return positive[inside].sum() / positive.sum()


TOP, BOTTOM = Box(0, 0, 1, 0.5), Box(0, 0.5, 1, 1)
LEFT_RED = Instance("p0", "red", Box(8 / 64, 8 / 64, 24 / 64, 24 / 64))


@pytest.mark.parametrize("method", [GradCAM(), LIME(samples=300, segments=60, fill="grey"), XRAI(n_steps=8)])
def test_the_evidence_for_a_class_lies_on_its_region(picture, method):
    for label, box in (("red", TOP), ("green", BOTTOM)):
        saliency = method.explain(FromInside(), picture, Target(label))
        assert share_inside(saliency.heatmap, box) > 0.9, label


def test_lime_needs_nothing_but_probabilities(picture):
    saliency = LIME(samples=300, segments=60, fill="grey").explain(FromOutside(), picture, Target("green"))

    assert share_inside(saliency.heatmap, BOTTOM) > 0.9
    assert "inside of the network" in GradCAM.why_not(FromOutside())


def test_gradcam_equals_its_definition_by_hand(picture):
    """Seg-Grad-CAM: channels weighed by the mean gradient of the region's mean logit, here at the encoder's output."""
    model = FromInside()
    inputs = model.normalise([picture])
    features = model.pixel_network.encoder(inputs).detach().requires_grad_()
    logits = nn.functional.interpolate(model.pixel_network.head(features), (SIDE, SIDE), mode="bilinear")
    mask = logits[0].argmax(0) == 1
    [gradient] = torch.autograd.grad(logits[0, 1][mask].mean(), [features])
    expected = (gradient[0].mean(dim=(1, 2))[:, None, None] * features[0]).sum(0).detach().numpy()

    saliency = GradCAM().explain(model, picture, Target("red"))

    np.testing.assert_allclose(saliency.heatmap, expected, rtol=1e-4, atol=1e-8)
    assert saliency.layer == "pixels.encoder"


def test_one_of_two_regions_of_a_class_is_explained_alone(picture):
    lime = LIME(samples=300, segments=60, fill="grey")
    whole, left = lime.explain_each(
        FromInside(), [Subject(picture, Target("red")), Subject(picture, Target("red", "p0"), LEFT_RED)]
    )

    half = Box(0, 0, 0.5, 0.5)
    assert share_inside(left.heatmap, half) > 0.9
    assert 0.3 < share_inside(whole.heatmap, half) < 0.7


def test_the_region_stays_that_of_the_whole_picture_while_parts_are_hidden(picture):
    model = FromInside()
    mask = torch.from_numpy(region_of(model.pixel_scores([picture])[0], 1, None))[None]
    view = RegionLogits(model.pixel_network, "", [1], mask)
    hidden = picture.copy()
    hidden[:32] = 105

    with torch.no_grad():
        shown, gone = view(model.normalise([picture, hidden])).ravel().tolist()

    assert shown > 5
    assert gone < 1


def test_probabilities_are_means_over_the_region(picture):
    for model in (FromInside(), FromOutside()):
        saliency = LIME(samples=300, segments=60, fill="grey", scale="probability").explain(
            model, picture, Target("red")
        )
        assert share_inside(saliency.heatmap, TOP) > 0.9
        assert 0 < saliency.heatmap.max() <= 1


def test_a_class_without_a_pixel_is_told_and_the_others_are_explained(picture):
    picture[40:56] = 105
    green, red = GradCAM().explain_each(
        FromInside(), [Subject(picture, Target("green")), Subject(picture, Target("red"))]
    )

    assert isinstance(green, ExplanationError)
    assert "'green' of no pixel of this image" in str(green)
    assert red.heatmap.max() > 0
    with pytest.raises(UnknownNameError, match="blue"):
        GradCAM().explain(FromInside(), picture, Target("blue"))


def test_a_layer_is_named_as_in_the_network_itself(picture):
    assert GradCAM(layer="head").explain(FromInside(), picture, Target("red")).layer == "pixels.head"
    with pytest.raises(ExplanationError, match="no layer named 'neck'"):
        GradCAM(layer="neck").explain(FromInside(), picture, Target("red"))


def test_every_method_that_is_offered_makes_a_map(picture):
    offered = [name for name, cls in EXPLAINERS.items() if not cls.why_not(FromInside())]

    assert {"gradcam", "lime", "xrai", "rise", "integrated_gradients"} <= set(offered)
    assert "every pixel" in TransformerAttribution.why_not(FromInside())
    for name in offered:
        parameters = {"samples": 40} if name in {"lime", "rise"} else {}
        saliency = EXPLAINERS[name](**parameters).explain(FromInside(), picture, Target("red"))
        assert np.isfinite(saliency.heatmap).all(), name
