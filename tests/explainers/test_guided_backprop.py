import numpy as np
import pytest
import torch
import torchvision
from captum.attr import GuidedBackprop as CaptumGuidedBackprop
from torch import nn

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.guided_backprop import GuidedBackprop
from explainers.network.guidance import strongest_channel


def test_maps_equal_those_of_captum(wrap_classifier, photo):
    torch.manual_seed(0)
    network = torchvision.models.resnet18(weights=None, num_classes=3).eval()
    model = wrap_classifier(network, 64)
    inputs = model.normalise([model.crop(photo)[0]]).requires_grad_()
    with pytest.warns(UserWarning, match="Setting backward hooks"):
        expected = strongest_channel(CaptumGuidedBackprop(network).attribute(inputs, target=1)[0]).numpy()

    saliency = GuidedBackprop().explain(model, photo, Target("green"))

    assert saliency.heatmap.shape == (64, 64)
    np.testing.assert_allclose(saliency.heatmap, expected, rtol=1e-4, atol=1e-4 * abs(expected).max())
    assert saliency.warnings == ()


def test_pixels_that_do_not_count_are_zero(spots_colours, two_spots):
    saliency = GuidedBackprop().explain(spots_colours, two_spots, Target("red"))

    inside = saliency.heatmap[18:38, 18:38]
    assert inside.min() > 0
    np.testing.assert_allclose(saliency.heatmap.sum(), saliency.heatmap[16:40, 16:40].sum())


def test_a_network_that_cannot_be_guided_is_told(wrap_classifier, two_spots):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))

    saliency = GuidedBackprop().explain(wrap_classifier(network.eval(), 32), two_spots, Target("red"))

    assert saliency.warnings == (
        "This network has 1 activation that cannot be guided (GELU) and no ReLU: the map is a plain gradient.",
    )


def test_a_network_that_begins_in_place_is_explained(wrap_classifier, two_spots):
    torch.manual_seed(0)
    network = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    saliency = GuidedBackprop().explain(wrap_classifier(network.eval(), 32), two_spots, Target("red"))

    assert saliency.heatmap.max() > 0


def test_a_class_that_no_pixel_counts_for_gives_the_reason(spots_colours, two_spots):
    with pytest.raises(ExplanationError, match=r"The map for 'blue' is the same everywhere: .* the picture's gradient"):
        GuidedBackprop().explain(spots_colours, two_spots, Target("blue"))


def test_a_network_without_gradients_gives_the_reason(wrap_classifier, two_spots):
    class Counts(nn.Module):
        def forward(self, x):
            return (x > 0.7).float().mean(dim=(2, 3))

    with pytest.raises(ExplanationError, match="does not depend on the picture in a way that has a gradient"):
        GuidedBackprop().explain(wrap_classifier(Counts().eval(), 32), two_spots, Target("red"))
