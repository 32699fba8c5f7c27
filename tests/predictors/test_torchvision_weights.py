from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from torchvision.models import MobileNet_V2_Weights, ResNet50_Weights
from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

from domain.errors import ModelError
from predictors import torchvision_weights
from predictors.preprocessing import CentreCrop
from predictors.torchvision_builders import classifier_names
from predictors.torchvision_weights import (
    default_preprocessing,
    fetch_published,
    find_published,
    published_classes,
    recognise_published,
    remove_epsilon,
    was_trained_without_epsilon,
)


def test_weights_are_found_by_name() -> None:
    assert find_published("resnet50", "IMAGENET1K_V1") is ResNet50_Weights.IMAGENET1K_V1
    assert find_published("resnet50", "default") is ResNet50_Weights.IMAGENET1K_V2


def test_unknown_weights_list_the_known_names() -> None:
    with pytest.raises(ModelError, match=r"neither a file nor.*IMAGENET1K_V1, IMAGENET1K_V2, DEFAULT"):
        find_published("resnet50", "IMAGENET22K")


def test_a_downloaded_file_is_recognised_by_its_hash() -> None:
    assert recognise_published("resnet50", "0676ba61" + "0" * 56) is ResNet50_Weights.IMAGENET1K_V1
    assert recognise_published("resnet50", "0" * 64) is None


def test_preprocessing_is_that_of_the_very_weights() -> None:
    assert default_preprocessing("resnet50", ResNet50_Weights.IMAGENET1K_V1) == CentreCrop(resize=256, crop=224)
    assert default_preprocessing("resnet50", None) == CentreCrop(resize=232, crop=224)
    assert default_preprocessing("swin_t", None).interpolation == "bicubic"


def test_every_classifier_has_a_preprocessing() -> None:
    for name in classifier_names():
        own = default_preprocessing(name, None)
        assert own.crop <= own.resize


def test_class_names_are_imagenets_and_cocos() -> None:
    imagenet = published_classes("mobilenet_v2", 1000)
    assert (imagenet[0], imagenet[258], len(set(imagenet))) == ("tench", "Samoyed", 1000)
    assert published_classes("fcos_resnet50_fpn", 91)[:2] == ("__background__", "person")
    assert published_classes("mobilenet_v2", 91) == ()
    assert published_classes("fcos_resnet50_fpn", 1000) == ()


def test_a_failed_download_says_where_to_get_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torchvision_weights.torch.hub, "download_url_to_file", fail)
    with pytest.raises(ModelError, match="Name or service not known") as caught:
        fetch_published(MobileNet_V2_Weights.DEFAULT)
    assert caught.value.where == MobileNet_V2_Weights.DEFAULT.url
    assert str(tmp_path) in caught.value.remedy


def test_weights_that_are_there_are_not_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    path = tmp_path / "checkpoints" / "mobilenet_v2-7ebf99e0.pth"
    path.parent.mkdir()
    path.write_bytes(b"weights")
    assert fetch_published(MobileNet_V2_Weights.IMAGENET1K_V2) == path


def test_only_the_first_coco_weights_were_trained_without_epsilon() -> None:
    weights = FasterRCNN_ResNet50_FPN_Weights.COCO_V1
    assert was_trained_without_epsilon("fasterrcnn_resnet50_fpn", weights)
    assert not was_trained_without_epsilon("fasterrcnn_resnet50_fpn", None)
    assert not was_trained_without_epsilon("fasterrcnn_mobilenet_v3_large_fpn", weights)
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(2))
    remove_epsilon(network)
    assert network[0].eps == 0.0
