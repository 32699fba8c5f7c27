import pytest
import torch
from torch import nn

from domain.explanation import Target
from explainers.layercam import LayerCAM


@pytest.fixture
def opposed(wrap_classifier):
    """Red counts for the first class, green against it, in a layer of four pixels a cell."""
    network = nn.Sequential(nn.Conv2d(3, 2, 4, stride=4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)).eval()
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].weight[0, 0] = network[0].weight[1, 1] = 1 / 16
        network[0].bias.zero_()
        network[3].weight.copy_(torch.tensor([[1.0, -5.0], [0.0, 1.0], [0.0, 0.0]]))
    return wrap_classifier(network, 32)


def test_channels_that_count_against_the_class_are_left_out(opposed, two_spots):
    saliency = LayerCAM(layer="0").explain(opposed, two_spots, Target("red"))

    inputs = opposed.normalise([opposed.crop(two_spots)[0]])
    red = opposed.module[0](inputs)[0, 0].detach()
    torch.testing.assert_close(torch.from_numpy(saliency.heatmap), red / 64)


def test_an_early_layer_gives_a_finer_map(spots_colours, two_spots):
    early = LayerCAM(layer="0").explain(spots_colours, two_spots, Target("red"))
    late = LayerCAM().explain(spots_colours, two_spots, Target("red"))

    assert (early.layer, early.heatmap.shape) == ("0", (96, 96))
    assert (late.layer, late.heatmap.shape) == ("2", (24, 24))
