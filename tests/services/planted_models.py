"""Real predictors whose evidence lies where the tests put it, and pictures for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.prediction import ModelInfo, Task
from predictors.classifier import Classifier
from predictors.detector import Detector
from predictors.preprocessing import CentreCrop
from tests.explainers.conftest import COLOURS, DETECTORS, SpotsColours, _seeded

SPEC = ModelSpec("torchvision/planted", "planted.pth")
SIDE = 96
RED, GREEN = (slice(12, 36), slice(60, 84)), (slice(60, 84), slice(8, 32))
"""Rows and columns of the two squares on a picture."""


class PlantedClassifier(Classifier):
    @classmethod
    def load(cls, spec):
        raise NotImplementedError


class PlantedDetector(Detector):
    @classmethod
    def load(cls, spec):
        raise NotImplementedError


def colour_classifier(task: Task = Task.CLASSIFICATION) -> Classifier:
    """Classes red, green and blue: counts pixels of each colour. Random weights know nothing of colours."""
    info = ModelInfo("planted", "planted", "", task, COLOURS, (SIDE, SIDE), "torchvision", "0" * 64)
    return PlantedClassifier(
        SpotsColours().eval(),
        info=info,
        preprocessing=CentreCrop(resize=SIDE, crop=SIDE, mean=(0, 0, 0), std=(1, 1, 1)),
        device=torch.device("cpu"),
        build=_unplanted,
    )


def tiny_detector(name: str = "faster_rcnn") -> Detector:
    info = ModelInfo("detects", "detects", "", Task.DETECTION, ("can", "carton"), None, "torchvision", "1" * 64)
    return PlantedDetector(
        _seeded(DETECTORS[name]),
        info=info,
        outputs={1: "can", 2: "carton"},
        device=torch.device("cpu"),
        build=DETECTORS[name],
    )


def save_spots(folder: Path, name: str = "spots.png", *, seed: int = 0, orientation: int = 1) -> ImageRef:
    """Write a grey picture with a red square at the upper right and a green one at the lower left."""
    pixels = np.random.default_rng(seed).integers(90, 160, (SIDE, SIDE, 1), dtype=np.uint8).repeat(3, axis=2)
    pixels[RED], pixels[GREEN] = (225, 30, 30), (30, 225, 30)
    exif = Image.Exif()
    exif[0x0112] = orientation
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name, exif=exif)
    return ImageRef(name, str(folder / name), SIDE, SIDE, sha256=f"{seed:060}{orientation:04}", orientation=orientation)


def _unplanted() -> SpotsColours:
    network = SpotsColours()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    return network
