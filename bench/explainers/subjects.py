"""The model and the pictures that peers and Relook share."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from PIL import Image

from bench.explainers.measure import Setting
from domain.errors import InputError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import ModelInfo, Task
from explainers.base import GivesGradients
from predictors import load_predictor
from predictors.preprocessing import CentreCrop
from predictors.torchvision_models import TorchvisionClassifier

PHOTOS = ("photos", "coco_photos/images/val2017", "fridge_photos/multiclass")
PHOTO_FOLDERS = ("photos", "coco_photos/images", "fridge_photos/multiclass")
WEIGHTS = "mobilenet_v2_imagenet/mobilenet_v2_from_qnnpack_int8.pth"
CLASSES = tuple(f"class {number}" for number in range(1000))


def build_classifier(setting: Setting, name: str = "resnet50", side: int = 224) -> TorchvisionClassifier:
    """Return a torchvision classifier with random weights: they take as long as trained ones."""

    def build() -> torch.nn.Module:
        return torchvision.models.get_model(name, weights=None)

    torch.manual_seed(setting.seed)
    info = ModelInfo(name, name, "", Task.CLASSIFICATION, CLASSES, (side, side), "torchvision", "")
    preprocessing = replace(CentreCrop(), resize=side, crop=side)
    return TorchvisionClassifier(
        build().eval(), info=info, preprocessing=preprocessing, device=setting.device, build=build
    )


def load_photos(setting: Setting, count: int, side: int = 224) -> list[RGBImage]:
    """Return (side, side, 3) pictures: real photos where `RELOOK_TEST_DATA` names the folder, else smooth noise."""
    folder = os.environ.get("RELOOK_TEST_DATA")
    paths = [path for place in PHOTOS for path in sorted(Path(folder).glob(f"{place}/*.[jp][pn]g"))] if folder else []
    photos = [_load_square(path, side) for path in paths[:count]]
    return photos + [draw_noise(setting.seed + number, side) for number in range(count - len(photos))]


def _load_square(path: Path, side: int) -> RGBImage:
    with Image.open(path) as image:
        short = min(image.size)
        left, top = (image.width - short) // 2, (image.height - short) // 2
        square = image.convert("RGB").crop((left, top, left + short, top + short))
        return np.asarray(square.resize((side, side), Image.Resampling.BICUBIC))


def draw_noise(seed: int, side: int) -> RGBImage:
    """Return (side, side, 3) smooth coloured noise, like a photo without a subject."""
    coarse: NDArray[np.uint8] = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


def load_mobilenet(folder: Path, setting: Setting) -> GivesGradients:
    """Return MobileNetV2 with its trained weights."""
    spec = ModelSpec("torchvision/mobilenet_v2", weights=str(folder / WEIGHTS), device=str(setting.device))
    model = load_predictor(spec)
    if not isinstance(model, GivesGradients):
        raise InputError(f"The model in {WEIGHTS} is no classifier whose inside can be reached.")
    return model


def read_photos(folder: Path, count: int) -> list[RGBImage]:
    """Return photos of every folder in turns."""
    queues = [sorted(Path(folder, name).rglob("*.[jp][pn]g")) for name in PHOTO_FOLDERS]
    paths = [path for turn in zip_longest(*queues) for path in turn if path is not None]
    found: list[RGBImage] = []
    for path in paths[:count]:
        with Image.open(path) as image:
            found.append(np.asarray(image.convert("RGB")))
    return found
