"""Tiny checkpoints of real torchvision networks, written once."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import get_model

from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from predictors import load_predictor
from predictors.architectures import DemoFacts, build_demo_classifier, build_demo_detector
from predictors.azure_endpoint import EndpointModel
from services.endpoint_wire import AzureWire
from services.served_model import ServingLimits
from tests.endpoint.scoring_server import serving
from tests.hugging_face_zoo import save_folder
from tests.semantic_models import save_exported, save_keras_unet

torch.set_num_threads(1)

FRUITS = ("apple", "banana", "cherry", "date")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def picture() -> RGBImage:
    """A landscape picture of soft colours with two bright squares."""
    rng = np.random.default_rng(7)
    picture = rng.integers(90, 130, (120, 200, 3), dtype=np.uint8)
    picture[20:60, 30:80] = (240, 40, 30)
    picture[70:110, 120:180] = (20, 200, 60)
    return picture


@pytest.fixture(scope="session")
def resnet(model_folder: Path) -> Path:
    """A resnet18 with four outputs, as a plain state_dict."""
    path = model_folder / "resnet18.pth"
    torch.save(build("resnet18", 4).state_dict(), path)
    return path


@pytest.fixture(scope="session")
def endpoint_address(fruit_resnet: Path) -> Iterator[str]:
    """A server of the fruit network."""
    spec = ModelSpec("torchvision/resnet18", weights=str(fruit_resnet), resize=64, crop=64)
    EndpointModel.wire = AzureWire()
    with serving(load_predictor(spec), spec, limits=ServingLimits(largest_batch=1)) as endpoint:
        yield f"{endpoint.address}/score"


@pytest.fixture(scope="session")
def fruit_resnet(model_folder: Path) -> Path:
    """The same network as safetensors that carry their class names."""
    path = model_folder / "fruits.safetensors"
    save_file(build("resnet18", 4).state_dict(), path, metadata={"classes": json.dumps(FRUITS)})
    return path


@pytest.fixture(scope="session")
def faster_rcnn(model_folder: Path) -> Path:
    """A Faster R-CNN of the smallest kind with three classes and the background."""
    path = model_folder / "faster_rcnn.pth"
    torch.save(build("fasterrcnn_mobilenet_v3_large_320_fpn", 4).state_dict(), path)
    return path


@pytest.fixture(scope="session")
def demo_folder(model_folder: Path) -> Path:
    """Untrained stand-ins of the demo weights, in the form of the shipped ones."""
    folder = model_folder / "demo"
    folder.mkdir()
    tasks = {"classifier": "image_classification", "multilabel": "image_classification_multilabel"}
    for name, task in tasks.items():
        facts = DemoFacts("demo_classifier", task, FRUITS, height=64, width=48)
        save_file(build_demo_classifier(4).state_dict(), folder / f"{name}.safetensors", metadata=facts.to_metadata())
    facts = DemoFacts("demo_detector", "image_instance_segmentation", FRUITS, height=240, width=180)
    state = build_demo_detector(4).state_dict()
    save_file(state, folder / "detector.safetensors", metadata=facts.to_metadata())
    return folder


@pytest.fixture(scope="session")
def vit_folder(model_folder: Path) -> Path:
    """A vision transformer as the transformers library saves one."""
    return save_folder("vit", model_folder / "vit")


@pytest.fixture(scope="session")
def mobilevit_folder(model_folder: Path) -> Path:
    """A network that crops, and takes blue first."""
    return save_folder("mobilevit", model_folder / "mobilevit")


@pytest.fixture(scope="session")
def exported_dense(model_folder: Path) -> Path:
    """A semantic network as torch.export wrote it."""
    return save_exported(model_folder / "dense.pt2")


@pytest.fixture(scope="session")
def keras_unet(model_folder: Path) -> Path:
    """A semantic Keras model with a skip connection and one class, which ends in a sigmoid."""
    return save_keras_unet(model_folder / "unet.keras")


@pytest.fixture(scope="session")
def scripted_classifier(model_folder: Path) -> Path:
    """A TorchScript program that answers (N, 3) logits."""
    torch.manual_seed(3)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    return save_script(network, model_folder / "classifier.pt")


def build(name: str, class_count: int, *, seed: int = 1, **options: object) -> nn.Module:
    """A torchvision network with random weights."""
    torch.manual_seed(seed)
    if "rcnn" in name or "ssd" in name or "retinanet" in name or "fcos" in name:
        options["weights_backbone"] = None
    return get_model(name, weights=None, num_classes=class_count, **options).eval()


def save_script(network: nn.Module, path: Path) -> Path:
    """Compile a network and write it as TorchScript."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`torch.jit", category=FutureWarning)
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        torch.jit.script(network.eval()).save(path)
    return path
