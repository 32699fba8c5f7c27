import copy

import pytest
import torch
from scipy.stats import spearmanr
from torch import nn
from torchvision.models import densenet121, mobilenet_v2, resnet18, vit_b_16

from explainers.network.gradient_twin import make_gradient_twin
from explainers.network.precision import can_be_fast, gradient_network_in, network_in, scoring_network_in


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def settle(network):
    """Give every batch norm statistics of its own, as training does."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
    return network.eval().requires_grad_(requires_grad=False)


def smooth_picture(side=64):
    coarse = torch.randn(1, 3, 5, 5)
    return nn.functional.interpolate(coarse, size=(side, side), mode="bicubic")


def gradient(network, picture, index=3):
    leaf = picture.clone().requires_grad_()
    [found] = torch.autograd.grad(network(leaf)[0, index].float(), [leaf])
    return found


def norms(network):
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize("build", [resnet18, mobilenet_v2], ids=lambda build: build.__name__)
def test_every_batch_norm_is_folded_and_the_gradient_is_nearly_the_same(build):
    network, picture = settle(build(weights=None)), smooth_picture()

    twin = make_gradient_twin(network, picture)

    assert norms(twin) == 0 < norms(network)
    exact, fast = gradient(network, picture), gradient(twin, picture)
    assert spearmanr(exact.flatten(), fast.flatten()).statistic > 0.9


def test_scoring_is_exact_without_batch_norms_where_each_channel_is_convolved_alone():
    network, pictures = settle(mobilenet_v2(weights=None)), torch.cat([smooth_picture() for _ in range(3)])

    twin = scoring_network_in("exact", network, pictures[:1])

    assert norms(twin) == 0 < norms(network)
    assert scoring_network_in("exact", network, pictures[:1]) is twin
    logits = network(pictures)
    assert (twin(pictures) - logits).abs().max() < 1e-5 * logits.abs().max()


def test_scoring_asks_other_networks_themselves():
    network = settle(resnet18(weights=None))

    assert scoring_network_in("exact", network, smooth_picture()) is network


def test_norms_that_follow_no_convolution_stay():
    network, picture = settle(densenet121(weights=None)), smooth_picture()

    twin = make_gradient_twin(network, picture)

    assert 0 < norms(twin) < norms(network)
    assert spearmanr(gradient(network, picture).flatten(), gradient(twin, picture).flatten()).statistic > 0.9


def test_a_convolution_whose_output_is_used_twice_keeps_its_norm():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution, self.norm, self.head = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 4)

        def forward(self, x):
            x = self.convolution(x)
            return self.head((self.norm(x) + 3 * x).mean(dim=(2, 3)))

    network = settle(Twice())

    assert norms(make_gradient_twin(network, smooth_picture())) == 1


def test_a_convolution_that_runs_twice_keeps_its_norm():
    class Again(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution, self.norm = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)

        def forward(self, x):
            return self.convolution(self.norm(self.convolution(x))).mean(dim=(2, 3))

    assert norms(make_gradient_twin(settle(Again()), smooth_picture())) == 1


def test_early_layers_stay_in_float32_up_to_cells_of_four_pixels():
    twin = make_gradient_twin(settle(resnet18(weights=None)), smooth_picture())

    assert twin.conv1.weight.dtype == torch.float32
    assert twin.layer1[0].conv1.weight.dtype == torch.bfloat16
    assert twin.fc.weight.dtype == torch.bfloat16


def test_without_early_layers_the_pooling_leads_gradients_astray():
    network, picture = settle(resnet18(weights=None)), smooth_picture(128)
    exact = gradient(network, picture).flatten()
    plain = copy.deepcopy(network).to(torch.bfloat16)

    astray = gradient(plain, picture.to(torch.bfloat16)).float().flatten()
    near = gradient(make_gradient_twin(network, picture), picture).flatten()

    assert spearmanr(exact, near).statistic > spearmanr(exact, astray).statistic


def test_transformers_have_twins_too():
    network, picture = settle(vit_b_16(weights=None, image_size=32)), smooth_picture(32)
    nn.init.normal_(network.heads.head.weight, std=0.1)

    twin = make_gradient_twin(network, picture)

    assert spearmanr(gradient(network, picture).flatten(), gradient(twin, picture).flatten()).statistic > 0.9


def test_the_network_is_left_as_it_was():
    network, picture = settle(resnet18(weights=None)), smooth_picture()
    before = copy.deepcopy(network.state_dict())

    make_gradient_twin(network, picture)

    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_twins_are_made_once_and_only_for_the_fast_precision():
    network, picture = settle(resnet18(weights=None)), smooth_picture()

    assert gradient_network_in("exact", network, picture) is network
    if not can_be_fast(torch.device("cpu")):
        pytest.skip("this processor does not compute in bfloat16")
    twin = gradient_network_in("fast", network, picture)
    assert twin is not network
    assert twin is not network_in("fast", network)
    assert gradient_network_in("fast", network, picture) is twin


def test_a_network_that_allows_no_two_precisions_is_all_in_bfloat16():
    class Strict(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.head = nn.Conv2d(3, 4, 4, stride=4), nn.Linear(4, 4, bias=False)

        def forward(self, x):
            return self.stem(x).mean(dim=(2, 3)) @ self.head.weight

    twin = make_gradient_twin(settle(Strict()), smooth_picture())

    assert {parameter.dtype for parameter in twin.parameters()} == {torch.bfloat16}


def test_a_network_that_does_not_compute_in_bfloat16_comes_back_itself():
    class Single(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 4, bias=False)

        def forward(self, x):
            return x.mean(dim=(2, 3)) @ self.head.weight.T.float()

    network = settle(Single())

    assert make_gradient_twin(network, smooth_picture()) is network
