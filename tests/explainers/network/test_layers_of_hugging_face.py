import pytest
import torch

from explainers.gradcam import GradCAM
from explainers.network.hooks import borrowed, captured
from explainers.network.layers import Layout, choose_layer
from predictors.hugging_face_network import LogitsNetwork
from tests.hugging_face_zoo import ZOO, build_classifier

CHOSEN = {
    "beit": ("beit.layers.1.layernorm_before", Layout.TOKENS, 1),
    "bit": ("bit.norm", Layout.CHANNELS_FIRST, 0),
    "clip": ("vision_model.encoder.layers.1.layer_norm1", Layout.TOKENS, 1),
    "convnext": ("convnext.encoder.stages.3", Layout.CHANNELS_FIRST, 0),
    "convnextv2": ("convnextv2.encoder.stages.3", Layout.CHANNELS_FIRST, 0),
    "cvt": ("cvt.encoder.stages.2.layers.2.layernorm_before", Layout.TOKENS, 1),
    "data2vec-vision": ("data2vec_vision.encoder.layer.1.layernorm_before", Layout.TOKENS, 1),
    "deit": ("deit.layers.1.layernorm_before", Layout.TOKENS, 2),
    "deit-distilled": ("deit.layers.1.layernorm_before", Layout.TOKENS, 2),
    "dinov2": ("dinov2.encoder.layer.1.norm1", Layout.TOKENS, 1),
    "dinov2_with_registers": ("dinov2_with_registers.encoder.layer.1.norm1", Layout.TOKENS, 5),
    "efficientnet": ("efficientnet.encoder.top_activation", Layout.CHANNELS_FIRST, 0),
    "focalnet": ("focalnet.encoder.stages.2.layers.1.norm2", Layout.TOKENS, 0),
    "hgnet_v2": ("encoder.stages.3", Layout.CHANNELS_FIRST, 0),
    "hiera": ("hiera.encoder.stages.3.layers.0.layernorm_after", Layout.TOKENS, 0),
    "ijepa": ("ijepa.layers.1.layernorm_after", Layout.TOKENS, 0),
    "levit": ("levit.encoder.stages.2", Layout.TOKENS, 0),
    "levit-distilled": ("levit.encoder.stages.2", Layout.TOKENS, 0),
    "metaclip_2": ("vision_model.encoder.layers.1.layer_norm1", Layout.TOKENS, 1),
    "mobilenet_v1": ("mobilenet_v1.layer.25", Layout.CHANNELS_FIRST, 0),
    "mobilenet_v2": ("mobilenet_v2.conv_1x1", Layout.CHANNELS_FIRST, 0),
    "mobilevit": ("mobilevit.conv_1x1_exp", Layout.CHANNELS_FIRST, 0),
    "mobilevitv2": ("mobilevitv2.encoder.layer.4", Layout.CHANNELS_FIRST, 0),
    "poolformer": ("norm", Layout.CHANNELS_FIRST, 0),
    "pvt": ("pvt.encoder.block.3.0.layer_norm_1", Layout.TOKENS, 1),
    "pvt_v2": ("pvt_v2.encoder.layers.3.blocks.0.layer_norm_2", Layout.TOKENS, 0),
    "regnet": ("regnet.encoder.stages.3", Layout.CHANNELS_FIRST, 0),
    "resnet": ("resnet.encoder.stages.3", Layout.CHANNELS_FIRST, 0),
    "segformer": ("segformer.stages.3.blocks.0.layernorm_after", Layout.TOKENS, 0),
    "siglip": ("vision_model.encoder.layers.1.layer_norm2", Layout.TOKENS, 0),
    "swiftformer": ("norm", Layout.CHANNELS_FIRST, 0),
    "swin": ("swin.encoder.layers.1.blocks.1.layernorm_after", Layout.TOKENS, 0),
    "swinv2": ("swinv2.encoder.layers.1.blocks.1.layernorm_after", Layout.TOKENS, 0),
    "vit": ("vit.layers.1.layernorm_before", Layout.TOKENS, 1),
    "vit_msn": ("vit.layers.1.layernorm_before", Layout.TOKENS, 1),
}


def look(name, size, **settings):
    """The layer chosen, the gradient of a class there, and the GradCAM."""
    torch.manual_seed(2)
    network, inputs = LogitsNetwork(build_classifier(name, **settings)), torch.randn(1, 3, *size)
    with borrowed(None, network):
        layer = choose_layer(network, inputs)
        with captured(network, layer.name) as capture:
            score = network(inputs)[0].max()
        gradient = layer.to_grid(capture.gradient(score))
        return layer, gradient, GradCAM.weigh(layer.to_grid(capture.activation.detach()), gradient)


@pytest.mark.parametrize("name", ZOO)
def test_every_hugging_face_family_has_a_map_where_it_looks(name):
    side = ZOO[name].side

    layer, gradient, heatmap = look(name, (side, side))

    assert (layer.name.removeprefix("network."), layer.layout, layer.prefix_tokens) == CHOSEN[name]
    assert (gradient.abs().sum(dim=0) > 0).all(), "every cell has a part in the score"
    assert heatmap.shape == (layer.height, layer.width)
    assert heatmap.isfinite().all()
    assert heatmap.max() > heatmap.min()


@pytest.mark.parametrize(
    ("name", "size", "cells"),
    [
        ("vit", (24, 48), (3, 6)),
        ("dinov2_with_registers", (24, 48), (3, 6)),
        ("swin", (64, 128), (8, 16)),
        ("convnext", (64, 128), (2, 4)),
    ],
)
def test_oblong_pictures_have_oblong_maps(name, size, cells):
    layer, gradient, _ = look(name, size, **({"image_size": list(size)} if name == "vit" else {}))

    assert (layer.height, layer.width) == tuple(gradient.shape[1:]) == cells


@pytest.mark.parametrize("name", ["vit", "swin", "focalnet", "hiera"])
def test_cells_lie_where_they_look(name):
    """A spot in a corner changes the cells of that corner most: tokens come row by row."""
    side = ZOO[name].side
    torch.manual_seed(3)
    network = LogitsNetwork(build_classifier(name))
    plain = torch.zeros(1, 3, side, side)
    layer = choose_layer(network, plain)
    corners = {(0, 0): (0, 0), (0, -1): (0, layer.width - 1), (-1, 0): (layer.height - 1, 0)}
    for (row, column), cell in corners.items():
        spotted = plain.clone()
        spotted.unfold(2, side // 4, side // 4).unfold(3, side // 4, side // 4)[:, :, row, column] += 2
        change = (grid_of(network, layer, spotted) - grid_of(network, layer, plain)).abs().sum(dim=0)
        assert divmod(int(change.argmax()), layer.width) == cell


def grid_of(network, layer, inputs):
    with torch.no_grad(), captured(network, layer.name) as capture:
        network(inputs)
    return layer.to_grid(capture.activation)
