import re
from threading import Thread

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import get_model
from torchvision.models.vision_transformer import VisionTransformer

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.network.attention import attention_shown
from explainers.network.hooks import borrowed
from explainers.transformer_attribution import TransformerAttribution
from predictors.hugging_face_network import LogitsNetwork
from tests.hugging_face_zoo import FRUITS, ZOO, build_classifier

DENSE = {
    "beit",
    "clip",
    "data2vec-vision",
    "deit",
    "deit-distilled",
    "dinov2",
    "dinov2_with_registers",
    "ijepa",
    "metaclip_2",
    "siglip",
    "vit",
    "vit_msn",
}
"""Families whose patches all attend to each other."""


def rule(attentions, score):
    """The published rule, head by head and layer by layer, for one picture: (tokens, tokens)."""
    gradients = torch.autograd.grad(score, attentions, retain_graph=True)
    relevance = torch.eye(attentions[0].shape[-1])
    for attention, gradient in zip(attentions, gradients, strict=True):
        heads = [(gradient[0, head] * attention[0, head]).clamp(min=0) for head in range(attention.shape[1])]
        relevance = relevance + sum(heads) / len(heads) @ relevance
    return relevance.detach() - torch.eye(len(relevance))


def run(network, inputs, index):
    """The map of one class on one picture, with parameters frozen as in use."""
    with borrowed(None, network):
        [[made]] = TransformerAttribution().look(network, inputs, [[index]])
    return made.values


def library_rule(name, inputs, index):
    """The same from the attention that the library hands out when it is told to."""
    network = build_classifier(name)
    network.set_attn_implementation("eager")
    outputs = network(inputs, output_attentions=True)
    return rule(outputs.attentions, outputs.logits[0, index])


@pytest.fixture
def inputs():
    torch.manual_seed(5)
    return torch.randn(1, 3, 32, 32)


@pytest.mark.parametrize(("name", "prefix"), [("vit", 1), ("vit_msn", 1), ("deit", 2)])
def test_the_map_is_the_row_of_the_class_token(name, prefix, inputs):
    found = run(LogitsNetwork(build_classifier(name)), inputs, 2)

    expected = library_rule(name, inputs, 2)[0, prefix:].reshape(4, 4)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize(("name", "prefix"), [("siglip", 0), ("clip", 1)])
def test_the_map_is_the_mean_row_where_patches_are_averaged(name, prefix, inputs):
    network = build_classifier(name)
    head = network.vision_model.post_layernorm
    if name == "siglip":  # its last norm makes some patches count more than others: without it all count the same
        head.forward = lambda tokens: tokens
    plain = network.vision_model.encoder.layers[-1]
    plain.mlp.forward = torch.zeros_like
    outputs = _eager(network, inputs)
    expected = rule(outputs.attentions, outputs.logits[0, 1])[prefix:, prefix:].mean(dim=0).reshape(4, 4)

    found = run(LogitsNetwork(network), inputs, 1)

    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-9)


def _eager(network, inputs):
    network.set_attn_implementation("eager")
    outputs = network(inputs, output_attentions=True)
    network.set_attn_implementation("sdpa")
    return outputs


def test_both_class_tokens_of_a_distilled_model_count(inputs):
    relevance = library_rule("deit-distilled", inputs, 0)

    found = run(LogitsNetwork(build_classifier("deit-distilled")), inputs, 0).flatten()

    mixture = torch.linalg.lstsq(relevance[:2, 2:].T, found[:, None]).solution[:, 0]
    torch.testing.assert_close(mixture @ relevance[:2, 2:], found, rtol=1e-4, atol=1e-8)
    assert (mixture > 0.05).all()
    assert mixture.sum() == pytest.approx(1, abs=1e-3)


def tiny_vit():
    torch.manual_seed(4)
    network = VisionTransformer(32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=3)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    return network.eval()


def attend_by_hand(attention, tokens):
    """Multi-head attention written out: what it passes on, and its probabilities."""
    count, length, width = tokens.shape
    query, key, value = (
        part.unflatten(2, (attention.num_heads, -1)).transpose(1, 2)
        for part in nn.functional.linear(tokens, attention.in_proj_weight, attention.in_proj_bias).chunk(3, dim=2)
    )
    weights = (query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).softmax(dim=3)
    return attention.out_proj((weights @ value).transpose(1, 2).reshape(count, length, width)), weights


def test_torchvisions_transformer_follows_the_same_rule(inputs):
    network, attentions = tiny_vit(), []
    tokens = network.conv_proj(inputs).flatten(2).transpose(1, 2)
    tokens = torch.cat([network.class_token, tokens], dim=1) + network.encoder.pos_embedding
    for block in network.encoder.layers:
        seen, weights = attend_by_hand(block.self_attention, block.ln_1(tokens))
        attentions.append(weights)
        tokens = tokens + seen
        tokens = tokens + block.mlp(block.ln_2(tokens))
    logits = network.heads(network.encoder.ln(tokens)[:, 0])
    torch.testing.assert_close(logits, network(inputs))

    found = run(network, inputs, 1)

    torch.testing.assert_close(found, rule(attentions, logits[0, 1])[0, 1:].reshape(4, 4), rtol=1e-4, atol=1e-7)


def test_several_pictures_and_classes_at_once_are_explained_as_each_alone(inputs):
    network, pictures = tiny_vit(), torch.cat([inputs, inputs.flip(3)])

    with borrowed(None, network):
        together = TransformerAttribution().look(network, pictures, [[0, 2], [1]])

    for row, asked in enumerate([[0, 2], [1]]):
        for made, index in zip(together[row], asked, strict=True):
            torch.testing.assert_close(made.values, run(network, pictures[row : row + 1], index), rtol=1e-4, atol=1e-7)


class LooksForColour(nn.Module):
    """The class token looks at the red patch for one class, at the green one for the other, and takes the colour."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 4, 8, stride=8, bias=False)
        self.attention = nn.MultiheadAttention(4, 1, bias=False, batch_first=True)
        with torch.no_grad():
            self.patches.weight.zero_()
            for channel in range(3):
                self.patches.weight[channel, channel] = 1 / 64
            query, key, value = torch.zeros(4, 4), torch.zeros(4, 4), torch.eye(4)
            query[0, 3], key[0, :2] = 1, 12  # the class token, marked in the last channel, asks for red and green
            self.attention.in_proj_weight.copy_(torch.cat([query, key, value]))
            self.attention.out_proj.weight.copy_(torch.eye(4))

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        mark = torch.tensor([0.0, 0, 0, 1]).expand(len(x), 1, 4)
        tokens = torch.cat([mark, tokens], dim=1)
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return tokens[:, 0, :3]


@pytest.fixture
def looks_for_colour(wrap_classifier):
    return wrap_classifier(LooksForColour().eval(), 64)


@pytest.mark.parametrize(("label", "cell"), [("red", (1, 1)), ("green", (6, 5))])
def test_the_evidence_lies_where_it_was_planted(looks_for_colour, label, cell):
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[8:16, 8:16, 0] = 255
    picture[48:56, 40:48, 1] = 255

    heatmap = TransformerAttribution().explain(looks_for_colour, picture, Target(label)).heatmap

    assert heatmap[cell] / heatmap.sum() > 0.9


def test_a_class_nothing_was_found_for_gives_the_reason(looks_for_colour):
    with pytest.raises(ExplanationError, match="The map for 'blue' is the same everywhere"):
        TransformerAttribution().explain(looks_for_colour, np.zeros((64, 64, 3), np.uint8), Target("blue"))


@pytest.fixture
def wrap_fruits(wrap_classifier):
    def wrap(name):
        return wrap_classifier(LogitsNetwork(build_classifier(name)), ZOO[name].side, FRUITS)

    return wrap


@pytest.mark.parametrize("name", ZOO)
def test_every_hugging_face_family_has_a_map_or_a_reason(name, wrap_fruits, photo):
    model = wrap_fruits(name)
    reason = TransformerAttribution.why_not(model)

    assert (reason == "") == (name in DENSE)
    if reason:
        assert re.search(r"(has none|attends within windows, to fewer patches).*: use GradCAM, .*\.$", reason)
        return
    saliency = TransformerAttribution().explain(model, photo, Target("banana"))
    assert saliency.heatmap.shape == (4, 4)
    assert np.isfinite(saliency.heatmap).all()
    assert (saliency.heatmap >= 0).all()
    assert np.ptp(saliency.heatmap) > 0


@pytest.mark.parametrize("name", ["swin_t", "swin_v2_t", "maxvit_t"])
def test_windows_of_torchvision_give_the_reason(name, wrap_classifier):
    network = get_model(name, num_classes=3).eval()

    assert "attends within windows" in TransformerAttribution.why_not(wrap_classifier(network, 224))


def test_a_network_without_attention_gives_the_reason(cnn):
    assert TransformerAttribution.why_not(cnn) == (
        "Transformer attribution follows the attention of a transformer, and this model has none: use GradCAM, "
        "integrated gradients or XRAI."
    )


def state_of(network):
    return (
        [(len(module._forward_hooks), len(module._forward_pre_hooks)) for module in network.modules()],
        getattr(network.config, "_attn_implementation", None),
        network.config.output_attentions,
    )


@pytest.mark.parametrize("name", ZOO)
def test_a_library_model_comes_back_unchanged(name):
    network = build_classifier(name)
    before, side = state_of(network), ZOO[name].side

    with attention_shown(LogitsNetwork(network)), torch.no_grad():
        network(torch.zeros(1, 3, side, side))

    assert state_of(network) == before


def test_attention_is_fused_again_when_a_pass_fails():
    network = build_classifier("vit")
    before = state_of(network)

    with attention_shown(LogitsNetwork(network)) as found, pytest.raises(ValueError, match="not enough values"):
        network(torch.zeros(1, 3, 5))

    assert not found
    assert state_of(network) == before


def test_attention_of_another_thread_is_not_looked_at(inputs):
    network = tiny_vit()

    with attention_shown(network) as found, torch.no_grad():
        other = Thread(target=network, args=(inputs,))
        other.start()
        other.join()
        network(inputs)

    assert [attention.name for attention in found] == [
        "encoder.layers.encoder_layer_0.self_attention",
        "encoder.layers.encoder_layer_1.self_attention",
    ]
