from __future__ import annotations

import pytest
import torch
from torchvision.models import list_models

from domain.errors import ModelError
from predictors.fitting import count_classes, layout_of
from predictors.torchvision_builders import (
    builder_of,
    check_builder,
    classifier_names,
    detector_names,
    drop_auxiliary,
    looks_like,
    semantic_names,
    transformer_side,
)
from tests.predictors.conftest import build

SMALLEST = [
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "inception_v3",
    "maxvit_t",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "shufflenet_v2_x0_5",
    "squeezenet1_0",
    "swin_t",
    "swin_v2_t",
    "vgg11",
    "vit_b_16",
    *detector_names(),
]


@pytest.mark.parametrize("name", SMALLEST)
def test_the_classes_of_each_family_can_be_counted(name: str) -> None:
    make = builder_of(name, {})
    layout = layout_of(make)
    if name.startswith("regnet"):
        network = make(5)
    else:
        with torch.device("meta"):
            network = make(5)
    assert count_classes(layout, network.state_dict()) == 5


def test_every_builder_is_taken_or_refused_with_a_sentence() -> None:
    taken = {*classifier_names(), *detector_names(), *semantic_names()}
    for name in taken:
        assert check_builder(name.upper()) == name
    for name in {*list_models()} - taken:
        with pytest.raises(ModelError, match=f"torchvision/{name} is a .* model"):
            check_builder(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("keypointrcnn_resnet50_fpn", "keypoint"),
        ("quantized_resnet18", "quantised"),
        ("raft_large", "optical-flow"),
        ("r3d_18", "video"),
        ("swin3d_t", "video"),
    ],
)
def test_builders_for_other_work_are_named_by_it(name: str, kind: str) -> None:
    with pytest.raises(ModelError, match=f"is a {kind} model"):
        check_builder(name)


def test_a_misspelt_builder_gets_suggestions() -> None:
    with pytest.raises(ModelError, match=r"Did you mean .*resnet50"):
        check_builder("resnet_50")
    with pytest.raises(ModelError, match="torchvision/resnet50"):
        check_builder("yolov8")


@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "resnet34",
        "maxvit_t",
        "mobilenet_v2",
        "swin_t",
        "vit_b_16",
        "ssdlite320_mobilenet_v3_large",
        "deeplabv3_resnet50",
    ],
)
def test_a_checkpoint_is_recognised_whatever_its_number_of_classes(name: str) -> None:
    with torch.device("meta"):
        state = builder_of(name, {})(6).state_dict()
    assert looks_like(state) == f"torchvision/{name}"


def test_a_foreign_checkpoint_is_not_recognised() -> None:
    assert looks_like({"model.0.weight": torch.ones(3)}) == ""


def test_auxiliary_classifiers_are_left_out_of_the_networks_that_have_them() -> None:
    with torch.device("meta"):
        state = build("googlenet", 6, init_weights=False, aux_logits=True).state_dict()
    assert any(name.startswith("aux1.") for name in state)
    assert set(drop_auxiliary("googlenet", state)) == set(layout_of(builder_of("googlenet", {})))
    assert drop_auxiliary("resnet18", state) == state


def test_the_side_of_a_transformers_pictures_is_read_from_its_positions() -> None:
    with torch.device("meta"):
        state = build("vit_b_32", 5, image_size=96).state_dict()
    assert transformer_side(state) == 96
    assert transformer_side({}) is None
