from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import get_model

from predictors.random_weights import draw_network


def draw(name: str, seed: int) -> nn.Module:
    options = {"image_size": 64} if name.startswith("vit") else {}
    return draw_network(lambda: get_model(name, num_classes=3, **options), seed, (64, 64))


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v2", "resnet18", "squeezenet1_1", "vit_b_16"])
def test_random_weights_tell_pictures_apart(name: str) -> None:
    network = draw(name, 1)
    torch.manual_seed(2)
    with torch.inference_mode():
        first, second = network(nn.functional.interpolate(torch.randn(2, 3, 8, 8), size=64, mode="bilinear"))
    assert 1e-4 < (first - second).abs().max() < 1e4
    assert not any(module.training for module in network.modules())


def test_a_seed_stands_for_one_network_and_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first, again, other = (draw("mobilenet_v3_small", seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(2), expected)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["classifier.3.weight"], other["classifier.3.weight"])
