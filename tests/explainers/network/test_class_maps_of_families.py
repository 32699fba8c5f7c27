"""Pictures taken together have the maps they have alone, whatever the network does with its batch."""

import pytest
import torch
from torchvision.models import get_model

from explainers.gradcam import GradCAM
from explainers.guided_backprop import GuidedBackprop
from explainers.guided_gradcam import GuidedGradCAM
from explainers.hirescam import HiResCAM
from explainers.layercam import LayerCAM
from explainers.network.hooks import borrowed
from predictors.hugging_face_network import LogitsNetwork
from tests.hugging_face_zoo import ZOO, build_classifier

METHODS = [GradCAM(), HiResCAM(), LayerCAM(), GuidedBackprop(), GuidedGradCAM()]
SMALLEST = {
    "alexnet": 96,
    "convnext_tiny": 64,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "googlenet": 64,
    "inception_v3": 128,
    "maxvit_t": 224,
    "mnasnet0_5": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "regnet_y_400mf": 64,
    "resnet18": 64,
    "shufflenet_v2_x0_5": 64,
    "squeezenet1_1": 64,
    "swin_t": 64,
    "vgg11": 64,
    "vit_b_16": 32,
}
"""The smallest builder of each torchvision family, and the side of a picture that is enough for it."""


def build_torchvision(name):
    torch.manual_seed(0)
    options = {"init_weights": True} if name in {"googlenet", "inception_v3"} else {}
    options |= {"image_size": SMALLEST[name]} if name == "vit_b_16" else {}
    network = get_model(name, num_classes=4, **options)
    if name == "vit_b_16":
        torch.nn.init.normal_(network.heads.head.weight)  # zeros else, and no gradient anywhere
    return network.eval()


def check_together(network, inputs):
    for method in METHODS:
        with borrowed(None, network):
            together = method.look(network, inputs, [[0, 2], [1]])
            [first] = method.look(network, inputs[:1], [[0, 2]])
            [second] = method.look(network, inputs[1:], [[1]])
        for mine, other in zip([*together[0], *together[1]], [*first, *second], strict=True):
            check_same(mine, other)


def check_same(mine, other):
    assert mine.values.isfinite().all()
    torch.testing.assert_close(mine.values, other.values, rtol=1e-3, atol=1e-4 * float(other.values.abs().max()))
    assert (mine.layer, mine.warnings) == (other.layer, other.warnings)


def draw_pictures(side):
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", SMALLEST)
def test_every_torchvision_family(name):
    check_together(build_torchvision(name), draw_pictures(SMALLEST[name]))


@pytest.mark.parametrize("name", ZOO)
def test_every_hugging_face_family(name):
    """In float64, because the gradients of some of these tiny networks drown in rounding."""
    torch.manual_seed(2)
    network = LogitsNetwork(build_classifier(name)).double()

    check_together(network, draw_pictures(ZOO[name].side).double())
