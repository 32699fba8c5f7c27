import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models import get_model, get_model_builder, list_models

from explainers.gradcam import GradCAM
from explainers.network.hooks import borrowed, captured
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


SMALLEST = {
    "alexnet": ("alexnet", 96),
    "convnext": ("convnext_tiny", 64),
    "densenet": ("densenet121", 64),
    "efficientnet": ("efficientnet_b0", 64),
    "googlenet": ("googlenet", 64),
    "inception": ("inception_v3", 128),
    "maxvit": ("maxvit_t", 224),
    "mnasnet": ("mnasnet0_5", 64),
    "mobilenetv2": ("mobilenet_v2", 64),
    "mobilenetv3": ("mobilenet_v3_small", 64),
    "regnet": ("regnet_y_400mf", 64),
    "resnet": ("resnet18", 64),
    "shufflenetv2": ("shufflenet_v2_x0_5", 64),
    "squeezenet": ("squeezenet1_1", 64),
    "swin_transformer": ("swin_t", 64),
    "vgg": ("vgg11", 64),
    "vision_transformer": ("vit_b_16", 64),
}
"""The smallest builder of each module of torchvision.models, and the side of a picture that is enough for it."""


def test_no_torchvision_family_is_left_out():
    families = {get_model_builder(name).__module__.rpartition(".")[2] for name in list_models(module=models)}

    assert families == set(SMALLEST)


def build_small(name, side):
    torch.manual_seed(0)
    options = {"init_weights": True} if name in {"googlenet", "inception_v3"} else {}
    network = get_model(name, num_classes=4, **options, **({"image_size": side} if name == "vit_b_16" else {}))
    if name == "vit_b_16":
        nn.init.normal_(network.heads.head.weight)  # zeros else, and no gradient anywhere
    return network.eval()


def look(network, inputs):
    """The layer chosen, the gradient of a class there, and the GradCAM."""
    with borrowed(None, network):
        layer = choose_layer(network, inputs)
        with captured(network, layer.name) as capture:
            score = network(inputs)[0].max()
        gradient = layer.to_grid(capture.gradient(score))
        return layer, gradient, GradCAM.weigh(layer.to_grid(capture.activation.detach()), gradient)


@pytest.mark.parametrize("family", SMALLEST)
def test_every_torchvision_family_has_a_map_where_it_looks(family):
    name, side = SMALLEST[family]

    layer, gradient, heatmap = look(build_small(name, side), torch.rand(1, 3, side, side))

    assert (gradient.abs().sum(dim=0) > 0).all(), "every cell has a part in the score"
    assert heatmap.shape == (layer.height, layer.width)
    assert heatmap.isfinite().all()
    assert heatmap.max() > heatmap.min()


def test_a_transformer_of_oblong_pictures_has_oblong_maps():
    network = models.swin_t(num_classes=4).eval()

    layer, gradient, _ = look(network, torch.rand(1, 3, 64, 128))

    assert (layer.name, layer.height, layer.width) == ("features.7.1.norm2", 2, 4)
    assert gradient.shape[1:] == (2, 4)


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


class Block(nn.Module):
    """A transformer block with a convolution in its perceptron."""

    def __init__(self):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(12), nn.MultiheadAttention(12, 1, batch_first=True)
        self.norm2, self.mix = nn.LayerNorm(12), nn.Conv2d(12, 12, 1)

    def forward(self, x, size):
        seen = self.norm1(x)
        x = x + self.attn(seen, seen, seen)[0]
        patches = self.norm2(x)[:, -size[0] * size[1] :].transpose(1, 2).unflatten(2, size)
        return x + self.mix(patches).mean(dim=(2, 3))[:, None]


class Blocks(nn.Module):
    def __init__(self, prefix):
        super().__init__()
        self.stem, self.blocks, self.norm = nn.Conv2d(3, 12, 4, stride=4), nn.ModuleList([Block(), Block()]), None
        self.prefix = nn.Parameter(torch.rand(1, prefix, 12))
        self.norm = nn.LayerNorm(12)

    def forward(self, x):
        x = self.stem(x)
        size, x = x.shape[2:], x.flatten(2).transpose(1, 2)
        x = torch.cat([self.prefix, x], dim=1)
        for block in self.blocks:
            x = block(x, size)
        return self.norm(x)[:, 0] if self.prefix.shape[1] else self.norm(x).mean(dim=1)


@pytest.mark.parametrize(("prefix", "name"), [(0, "blocks.1.norm2"), (1, "blocks.1.norm1"), (2, "blocks.1.norm1")])
def test_the_norm_that_patches_still_count_at_is_taken_whatever_else_is_in_the_block(prefix, name):
    layer, gradient, _ = look(Blocks(prefix).eval(), torch.rand(1, 3, 12, 20))

    assert layer == FeatureLayer(name, Layout.TOKENS, 3, 5, prefix)
    assert (gradient.abs().sum(dim=0) > 0).all()


def test_windows_of_a_picture_are_no_layer_of_the_whole():
    class Windows(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.inner = nn.Conv2d(3, 4, 2, stride=2), nn.LayerNorm(4)

        def forward(self, x):
            x = self.stem(x)
            windows = (
                x.unflatten(2, (2, -1)).unflatten(4, (2, -1)).permute(0, 2, 4, 3, 5, 1).flatten(0, 2).flatten(1, 2)
            )
            return self.inner(windows).mean(dim=(0, 1))[None]

    assert [layer.name for layer in list_layers(Windows(), torch.zeros(1, 3, 16, 16))] == ["stem"]


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
