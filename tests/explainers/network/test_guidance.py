"""Which networks are really guided, and that each kind of ReLU is."""

import pytest
import torch
import torchvision
from captum.attr import GuidedBackprop
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its name everywhere

from domain.errors import ExplanationError
from explainers.network.guidance import Guidance, differentiate_input, strongest_channel

pytestmark = pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU activations")


def differentiate(network, x, index=0):
    """Return the guided gradient of one logit, and the guidance."""
    leaf = x.detach().clone().requires_grad_()
    with Guidance() as guidance:
        logits = network(leaf.clone())
    return differentiate_input(logits[:, index].sum(), leaf), guidance


def plain_gradient(network, x, index=0):
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(network(leaf.clone())[:, index].sum(), [leaf])[0]


def around(activate):
    """Return a network with `activate` between two convolutions, and another on a skip connection changed in place."""

    class Around(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
            self.head = nn.Linear(8, 3)

        def forward(self, x):
            x = activate(self.first(x))
            y = self.second(x)
            y += x
            y = activate(y)
            return self.head(y.mean(dim=(2, 3)))

    torch.manual_seed(0)
    return Around().eval().requires_grad_(False)


PIXELS = torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(0)) * 4 - 2

RELUS = {
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
    "F.relu": F.relu,
    "F.relu in place": lambda x: F.relu(x, inplace=True),
    "F.relu_": F.relu_,
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "Tensor.relu": lambda x: x.relu(),
    "Tensor.relu_": lambda x: x.relu_(),
}


@pytest.mark.parametrize("name", RELUS)
def test_every_way_to_write_a_relu_is_guided_alike(name):
    expected = GuidedBackprop(_with_captum_relu(around(nn.ReLU()))).attribute(PIXELS.clone().requires_grad_(), target=0)

    found, guidance = differentiate(around(RELUS[name]), PIXELS)

    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-7)
    assert not torch.allclose(found, plain_gradient(around(nn.ReLU()), PIXELS), rtol=1e-2)
    assert guidance.guided == 2
    assert guidance.warnings == ()


def _with_captum_relu(network):
    """captum sees modules alone, so the closure's ReLU has to be one."""
    network.relus = nn.ModuleList([nn.ReLU(), nn.ReLU()])

    def forward(x):
        x = network.relus[0](network.first(x))
        return network.head(network.relus[1](network.second(x) + x).mean(dim=(2, 3)))

    network.forward = forward
    return network


@pytest.mark.parametrize(
    ("clipped", "low", "high"),
    [
        (nn.ReLU6(), 0, 6),
        (nn.ReLU6(inplace=True), 0, 6),
        (F.relu6, 0, 6),
        (nn.Hardtanh(-1, 2), -1, 2),
        (nn.Hardtanh(-1, 2, inplace=True), -1, 2),
        (lambda x: F.hardtanh_(x, -1, 2), -1, 2),
    ],
)
def test_a_clipped_relu_lets_positive_gradients_through_between_its_limits(clipped, low, high):
    x = torch.linspace(-3, 8, 23).reshape(1, -1)
    weights = torch.linspace(-1, 1, 23).reshape(1, -1)

    found, guidance = differentiate(lambda x: (clipped(x) * weights).sum(dim=1, keepdim=True), x)

    torch.testing.assert_close(found, torch.where((x > low) & (x < high), weights.clamp(min=0), 0.0))
    assert guidance.guided == 1


@pytest.mark.parametrize(
    ("smooth", "name"),
    [
        (nn.SiLU(), "SiLU"),
        (nn.SiLU(inplace=True), "SiLU"),
        (nn.GELU(), "GELU"),
        (nn.GELU("tanh"), "GELU"),
        (nn.Hardswish(), "Hardswish"),
        (nn.Mish(), "Mish"),
        (nn.ELU(), "ELU"),
        (nn.ELU(inplace=True), "ELU"),
        (nn.CELU(), "CELU"),
        (nn.SELU(), "SELU"),
        (nn.Softplus(), "Softplus"),
        (nn.LeakyReLU(), "LeakyReLU"),
        (nn.LeakyReLU(inplace=True), "LeakyReLU"),
        (nn.PReLU(), "PReLU"),
        (nn.RReLU().eval(), "RReLU"),
        (nn.Tanh(), "Tanh"),
        (torch.tanh, "Tanh"),
        (lambda x: x.tanh(), "Tanh"),
    ],
)
def test_an_activation_that_cannot_be_guided_is_named(smooth, name):
    found, guidance = differentiate(around(smooth), PIXELS)

    assert guidance.warnings == (
        f"This network has 2 activations that cannot be guided ({name}) and no ReLU: the map is a plain gradient.",
    )
    torch.testing.assert_close(found, plain_gradient(around(smooth), PIXELS))


def test_a_network_without_activations_is_told():
    _, guidance = differentiate(nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 3)), PIXELS)

    assert guidance.warnings == ("This network has no ReLU that could be guided: the map is a plain gradient.",)


FAMILIES = {
    "alexnet": (7, 0),
    "convnext_tiny": (0, 18),
    "densenet121": (121, 0),
    "efficientnet_b0": (0, 49),
    "googlenet": (57, 0),
    "inception_v3": (94, 0),
    "mnasnet0_5": (35, 0),
    "mobilenet_v2": (35, 0),
    "mobilenet_v3_small": (14, 19),
    "regnet_x_400mf": (67, 0),
    "regnet_y_400mf": (65, 0),
    "resnet18": (17, 0),
    "shufflenet_v2_x0_5": (37, 0),
    "squeezenet1_1": (26, 0),
    "swin_t": (0, 12),
    "vgg11": (10, 0),
    "vit_b_16": (0, 12),
}
"""Activations that are guided, and that cannot be."""

OPTIONS = {
    "googlenet": {"init_weights": False},
    "inception_v3": {"init_weights": False},
    "vit_b_16": {"image_size": 32},
}


def build(name):
    torch.manual_seed(0)
    network = torchvision.models.get_model(name, weights=None, num_classes=3, **OPTIONS.get(name, {}))
    side = {"inception_v3": 96, "alexnet": 64}.get(name, 32)
    return network.eval().requires_grad_(False), torch.rand(1, 3, side, side)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_torchvision_family_is_guided_as_far_as_it_can_be(name):
    network, x = build(name)
    guided, unguided = FAMILIES[name]

    gradient, guidance = differentiate(network, x)

    assert (guidance.guided, sum(guidance.unguided.values())) == (guided, unguided)
    assert gradient.isfinite().all()
    assert bool(guidance.warnings) == bool(unguided)


def test_a_network_that_is_guided_in_part_is_told():
    _, guidance = differentiate(*build("mobilenet_v3_small"))

    [warning] = guidance.warnings
    assert warning.startswith("This network has 19 activations that cannot be guided (Hardswish) beside 14 that are: ")
    assert warning.endswith("the map is in part a plain gradient.")


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "squeezenet1_1", "shufflenet_v2_x0_5"])
def test_gradients_equal_those_of_captum_where_it_guides(name):
    network, x = build(name)
    for module in network.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    expected = GuidedBackprop(network).attribute(x.clone().requires_grad_(), target=1)

    found, _ = differentiate(network, x, index=1)

    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


def test_mobilenet_v2_is_guided_where_captum_gives_a_plain_gradient():
    network, x = build("mobilenet_v2")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
    plain = plain_gradient(network, x)
    torch.testing.assert_close(GuidedBackprop(network).attribute(x.clone().requires_grad_(), target=0), plain)

    found, _ = differentiate(network, x)

    assert torch.nn.functional.cosine_similarity(found.flatten(), plain.flatten(), dim=0) < 0.9


def test_a_pause_gives_the_plain_gradient_and_ends():
    network, leaf = around(F.relu), PIXELS.clone().requires_grad_()
    with Guidance() as guidance:
        score = network(leaf)[:, 0].sum()

    with guidance.paused():
        plain = differentiate_input(score, leaf)
    guided = differentiate_input(score, leaf)

    torch.testing.assert_close(plain, plain_gradient(network, PIXELS))
    assert not torch.allclose(guided, plain)


def test_nothing_is_guided_after_the_block():
    network = around(F.relu)
    expected = plain_gradient(network, PIXELS)

    differentiate(network, PIXELS)

    torch.testing.assert_close(plain_gradient(network, PIXELS), expected, rtol=0, atol=0)


def test_a_score_without_a_gradient_is_refused():
    leaf = torch.rand(1, 3, 4, 4).requires_grad_()

    with pytest.raises(ExplanationError, match=r"does not depend on the picture .* such as LIME"):
        differentiate_input((leaf > 0.5).float().sum(), leaf)


def test_the_strongest_channel_keeps_its_sign_and_prefers_the_positive():
    gradient = torch.tensor([[1.0, -3.0, -1.0, 0.0], [2.0, 1.0, 1.0, 0.0], [-1.0, 2.0, 0.0, 0.0]]).reshape(3, 2, 2)

    assert strongest_channel(gradient).flatten().tolist() == [2.0, -3.0, 1.0, 0.0]
