import pytest
import torch
from torch import nn
from torchvision.models import get_model

from explainers.network.layers import FeatureLayer, Layout, choose_layer, list_layers

FAMILIES = {
    "alexnet": ("features", Layout.CHANNELS_FIRST, 6, 0),
    "convnext_tiny": ("features", Layout.CHANNELS_FIRST, 7, 0),
    "densenet121": ("features", Layout.CHANNELS_FIRST, 7, 0),
    "efficientnet_b0": ("features", Layout.CHANNELS_FIRST, 7, 0),
    "efficientnet_v2_s": ("features", Layout.CHANNELS_FIRST, 7, 0),
    "googlenet": ("inception5b", Layout.CHANNELS_FIRST, 7, 0),
    "inception_v3": ("Mixed_7c", Layout.CHANNELS_FIRST, 8, 0),
    "maxvit_t": ("blocks.3", Layout.CHANNELS_FIRST, 7, 0),
    "mnasnet0_5": ("layers", Layout.CHANNELS_FIRST, 7, 0),
    "mobilenet_v2": ("features", Layout.CHANNELS_FIRST, 7, 0),
    "mobilenet_v3_small": ("features", Layout.CHANNELS_FIRST, 7, 0),
    "regnet_x_400mf": ("trunk_output", Layout.CHANNELS_FIRST, 7, 0),
    "resnet18": ("layer4", Layout.CHANNELS_FIRST, 7, 0),
    "resnext50_32x4d": ("layer4", Layout.CHANNELS_FIRST, 7, 0),
    "shufflenet_v2_x0_5": ("conv5", Layout.CHANNELS_FIRST, 7, 0),
    "squeezenet1_1": ("classifier.2", Layout.CHANNELS_FIRST, 13, 0),
    "swin_t": ("features.7.1.norm2", Layout.CHANNELS_LAST, 7, 0),
    "swin_v2_t": ("features.7.1.norm2", Layout.CHANNELS_LAST, 7, 0),
    "vgg11": ("features", Layout.CHANNELS_FIRST, 7, 0),
    "vit_b_16": ("encoder.layers.encoder_layer_11.ln_1", Layout.TOKENS, 14, 1),
    "vit_h_14": ("encoder.layers.encoder_layer_31.ln_1", Layout.TOKENS, 16, 1),
    "wide_resnet50_2": ("layer4", Layout.CHANNELS_FIRST, 7, 0),
}


def build_without_memory(name):
    """Shapes are enough to choose a layer; RegNet computes its widths and cannot be built without memory."""
    if name.startswith("regnet"):
        return get_model(name, weights=None).to("meta").eval()
    options = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    with torch.device("meta"):
        return get_model(name, weights=None, **options).eval()


@pytest.mark.parametrize("name", FAMILIES)
def test_every_torchvision_family_gets_its_last_informative_layer(name):
    side = 299 if name == "inception_v3" else 224

    layer = choose_layer(build_without_memory(name), torch.zeros(1, 3, side, side, device="meta"))

    assert (layer.name, layer.layout, layer.height, layer.prefix_tokens) == FAMILIES[name]


def test_layers_are_looked_up_once_per_network_and_size(cnn):
    passes = []
    cnn.module.register_forward_hook(lambda *_: passes.append(1))

    for side in (32, 32, 64):
        list_layers(cnn.module, torch.zeros(1, 3, side, side))

    assert len(passes) == 2


def test_a_wide_input_gives_a_wide_grid(cnn):
    layer = choose_layer(cnn.module, torch.zeros(1, 3, 32, 64))

    assert (layer.height, layer.width) == (8, 16)


class Transformer(nn.Module):
    """Tokens without a convolution, behind some tokens that stand for no patch."""

    def __init__(self, prefix):
        super().__init__()
        self.norm1 = nn.LayerNorm(12)
        self.prefix = prefix

    def forward(self, x):
        tokens = nn.functional.unfold(x, 2, stride=2).transpose(1, 2)
        tokens = torch.cat([tokens[:, : self.prefix], tokens], dim=1)
        return self.norm1(tokens).mean(dim=1)


@pytest.mark.parametrize("prefix", [0, 1, 2, 5])
def test_tokens_of_square_and_oblong_inputs_find_their_grid(prefix):
    for height, width in [(16, 16), (12, 24)]:
        layer = choose_layer(Transformer(prefix), torch.zeros(1, 3, height, width))

        assert layer == FeatureLayer("norm1", Layout.TOKENS, height // 2, width // 2, prefix)


def test_convolutions_behind_a_transformer_block_have_the_last_word():
    class Hybrid(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 12, 4, stride=4)
            self.norm1 = nn.LayerNorm(12)
            self.fuse = nn.Conv2d(12, 6, 1)

        def forward(self, x):
            x = self.stem(x)
            tokens = self.norm1(x.flatten(2).transpose(1, 2))
            return self.fuse(tokens.transpose(1, 2).reshape(x.shape)).mean(dim=(2, 3))

    assert choose_layer(Hybrid(), torch.zeros(1, 3, 16, 16)).name == "fuse"


def test_tokens_become_a_grid_row_by_row():
    layer = FeatureLayer("norm1", Layout.TOKENS, 2, 3, prefix_tokens=1)

    grid = layer.to_grid(torch.arange(7.0).reshape(1, 7, 1))

    assert grid.tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_channels_last_become_first():
    layer = FeatureLayer("norm2", Layout.CHANNELS_LAST, 2, 3)
    values = torch.rand(1, 2, 3, 5)

    assert torch.equal(layer.to_grid(values), values[0].permute(2, 0, 1))
