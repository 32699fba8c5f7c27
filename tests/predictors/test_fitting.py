from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from domain.errors import ModelError
from predictors.checkpoint import Checkpoint
from predictors.fitting import count_classes, fit_network, layout_of, rename_legacy


def build_small(class_count: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, class_count))


def checkpoint_of(tensors: dict[str, Tensor]) -> Checkpoint:
    return Checkpoint(Path("small.pth"), tensors, {}, "0" * 64)


fit_small = partial(fit_network, build_small, name="torchvision/small", looks_like=lambda _: "torchvision/other")


def test_weights_arrive_where_they_belong() -> None:
    state = build_small(7).state_dict()
    fitted = fit_small(checkpoint_of(state))
    assert fitted.class_count == 7
    assert not fitted.network.training
    for name, tensor in fitted.network.state_dict().items():
        assert torch.equal(tensor, state[name])


def test_a_checkpoint_with_names_of_an_earlier_version_is_loaded() -> None:
    def build(class_count: int) -> nn.Module:
        layers = nn.Sequential(nn.Linear(2, 3), nn.GELU(), nn.Dropout(0.0), nn.Linear(3, class_count))
        return nn.ModuleDict({"block": nn.ModuleDict({"mlp": layers})})

    state = build(5).state_dict()
    old = {name.replace("mlp.0", "mlp.linear_1").replace("mlp.3", "mlp.linear_2"): state[name] for name in state}
    fitted = fit_network(build, checkpoint_of(old), name="x", looks_like=lambda _: "")
    assert fitted.notes == ("4 names of an earlier torchvision were brought up to date.",)
    assert torch.equal(fitted.network.state_dict()["block.mlp.3.weight"], state["block.mlp.3.weight"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"0.weight": None}, r"1 missing \(0.weight\)"),
        ({"9.weight": torch.ones(1)}, r"1 unexpected \(9.weight\)"),
        ({"0.weight": torch.ones(5, 3, 1, 1)}, r"0.weight is \(5, 3, 1, 1\), expected \(4, 3, 1, 1\)"),
        ({"3.weight": torch.ones(7, 5)}, r"3.weight is \(7, 5\), expected \(7, 4\)"),
        ({"3.weight": None, "3.bias": None}, r"2 missing \(3.weight, 3.bias\)"),
        ({"3.weight": torch.ones(0, 4), "3.bias": torch.ones(0)}, "last layer is not usable"),
        ({"3.bias": torch.ones(6)}, r"3.bias is \(6,\), expected \(7,\)"),
    ],
)
def test_a_difference_is_named_and_the_likely_architecture_too(change: dict[str, Tensor | None], words: str) -> None:
    state = {**build_small(7).state_dict(), **change}
    left = {name: tensor for name, tensor in state.items() if tensor is not None}
    with pytest.raises(ModelError, match=words) as caught:
        fit_small(checkpoint_of(left))
    assert "does not fit torchvision/small" in caught.value.message
    assert "looks like torchvision/other" in caught.value.message
    assert caught.value.where == "small.pth"


def test_a_head_of_absurd_size_is_not_built() -> None:
    state = build_small(7).state_dict()
    state["3.weight"], state["3.bias"] = torch.zeros(1).expand(10**9, 4), torch.zeros(1).expand(10**9)
    with pytest.raises(ModelError):
        fit_small(checkpoint_of(state))


def test_outputs_that_come_several_to_a_class_are_counted_once() -> None:
    layout = layout_of(lambda count: nn.Conv2d(8, 9 * count, 1))
    assert count_classes(layout, nn.Conv2d(8, 27, 1).state_dict()) == 3
    assert count_classes(layout, nn.Conv2d(8, 26, 1).state_dict()) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("features.denseblock1.denselayer2.norm.1.weight", "features.denseblock1.denselayer2.norm1.weight"),
        ("encoder.layers.encoder_layer_0.mlp.linear_2.bias", "encoder.layers.encoder_layer_0.mlp.3.bias"),
        ("backbone.fpn.inner_blocks.0.weight", "backbone.fpn.inner_blocks.0.0.weight"),
        ("rpn.head.conv.bias", "rpn.head.conv.0.0.bias"),
        ("roi_heads.mask_head.mask_fcn3.weight", "roi_heads.mask_head.2.0.weight"),
        ("head.classification_head.conv.4.weight", "head.classification_head.conv.2.0.weight"),
    ],
)
def test_names_of_earlier_versions_are_brought_up_to_date_where_the_network_has_the_new_ones(
    old: str, new: str
) -> None:
    tensor = torch.ones(1)
    tensors, notes = rename_legacy({old: tensor}, {new: tensor.shape})
    assert list(tensors) == [new]
    assert len(notes) == 1
    assert rename_legacy({old: tensor}, {old: tensor.shape}) == ({old: tensor}, ())
    assert rename_legacy({old: tensor}, {"other": tensor.shape}) == ({old: tensor}, ())
