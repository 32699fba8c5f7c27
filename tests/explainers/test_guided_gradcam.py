import numpy as np
import pytest
import torch
import torchvision
from captum.attr import GuidedGradCam as CaptumGuidedGradCam
from torch import nn
from torch.nn.functional import interpolate

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.base import Subject
from explainers.gradcam import GradCAM
from explainers.guided_backprop import GuidedBackprop
from explainers.guided_gradcam import GuidedGradCAM
from explainers.network.guidance import strongest_channel


def combine(model, image, label, *, layer=""):
    """Return guided backprop times GradCAM's positive part, each made by its own method."""
    fine = GuidedBackprop().explain(model, image, Target(label)).heatmap
    coarse = GradCAM(layer=layer).explain(model, image, Target(label)).heatmap
    scaled = interpolate(torch.from_numpy(coarse).clamp(min=0)[None, None], size=fine.shape, mode="bilinear")
    return fine * scaled[0, 0].numpy()


def test_the_map_is_guided_backprop_where_gradcam_is_positive(classifier, photo):
    compared = 0
    for label in classifier.info.classes:
        try:
            expected = combine(classifier, photo, label)
        except ExplanationError:
            continue
        found = GuidedGradCAM().explain(classifier, photo, Target(label))
        np.testing.assert_allclose(found.heatmap, expected, rtol=1e-3, atol=1e-5 * abs(expected).max())
        assert found.layer == GradCAM().explain(classifier, photo, Target(label)).layer
        compared += 1
    assert compared > 0


def test_gradcam_within_is_not_guided(wrap_classifier, two_spots):
    """A ReLU behind the layer would lose the negative gradients that GradCAM needs for its weights."""
    network = nn.Sequential(
        nn.Conv2d(3, 2, 4, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)
    ).eval()
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].weight[0, 0] = network[0].weight[1, 1] = 1 / 16
        network[0].bias.fill_(-0.6)
        network[4].weight.copy_(torch.tensor([[3.0, -1.0], [0.0, 1.0], [0.0, 0.0]]))
    model = wrap_classifier(network, 32)

    found = GuidedGradCAM(layer="0").explain(model, two_spots, Target("red")).heatmap

    np.testing.assert_allclose(found, combine(model, two_spots, "red", layer="0"), rtol=1e-5)
    weights = GradCAM(layer="0").explain(model, two_spots, Target("red")).heatmap
    assert weights.min() < 0, "the negative gradient of green has to count"


def test_maps_equal_those_of_captum(wrap_classifier, photo):
    torch.manual_seed(1)
    network = torchvision.models.resnet18(weights=None, num_classes=3).eval()
    model = wrap_classifier(network, 64)
    inputs = model.normalise([model.crop(photo)[0]]).requires_grad_()
    subjects = [Subject(photo, Target(label)) for label in model.info.classes]
    compared = 0

    for index, found in enumerate(GuidedGradCAM(layer="layer3").explain_each(model, subjects)):
        if isinstance(found, ExplanationError):
            continue
        with pytest.warns(UserWarning, match="Setting backward hooks"):
            theirs = CaptumGuidedGradCam(network, network.layer3).attribute(
                inputs, target=index, interpolate_mode="bilinear"
            )
        expected = strongest_channel(theirs[0].detach()).numpy()
        np.testing.assert_allclose(found.heatmap, expected, rtol=1e-4, atol=1e-4 * abs(expected).max())
        compared += 1
    assert compared > 0


def test_the_evidence_lies_where_it_was_planted(spots_colours, two_spots):
    positive = GuidedGradCAM().explain(spots_colours, two_spots, Target("red")).heatmap.clip(min=0)

    assert positive[16:40, 16:40].sum() / positive.sum() > 0.9


def test_a_layer_without_evidence_gives_the_reason(spots_colours, two_spots):
    with torch.no_grad():
        spots_colours.module[5].weight[0, 0] = -40

    with pytest.raises(ExplanationError, match=r"no positive evidence for 'red' in layer '2'"):
        GuidedGradCAM().explain(spots_colours, two_spots, Target("red"))


def test_a_network_that_cannot_be_guided_is_told(wrap_classifier, photo):
    torch.manual_seed(0)
    network = torchvision.models.vit_b_16(image_size=32, num_classes=3).eval()
    torch.nn.init.normal_(network.heads.head.weight)
    model = wrap_classifier(network, 32)

    for label in model.info.classes:
        try:
            saliency = GuidedGradCAM().explain(model, photo, Target(label))
        except ExplanationError:
            continue
        [warning] = saliency.warnings
        assert warning.startswith("This network has 12 activations that cannot be guided (GELU)")
        assert saliency.heatmap.shape == (32, 32)
        return
    pytest.fail("no class with positive evidence")
