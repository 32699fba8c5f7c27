"""Tiny seeded networks behind the protocols that explanation methods ask for, and pictures for them."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.models.detection import FCOS, FasterRCNN, MaskRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.models.vision_transformer import VisionTransformer

from domain.explanation import Region
from domain.geometry import Box
from domain.prediction import Instance, ModelInfo, Task
from explainers import EXPLAINERS

COLOURS = ("red", "green", "blue")


class Scorer:
    """A classifier known by its scores alone: sees the middle square of a picture."""

    def __init__(self, network, side, classes=COLOURS, mean=0.0, std=1.0):
        self.info = ModelInfo("tiny", "tiny", "", Task.CLASSIFICATION, tuple(classes), (side, side), "torchvision", "")
        self.lock = threading.RLock()
        self._network, self._side = network, side
        self._mean, self._std = torch.tensor(mean).reshape(-1, 1, 1), torch.tensor(std).reshape(-1, 1, 1)

    def crop(self, image):
        height, width = image.shape[:2]
        side = min(height, width)
        left, top = (width - side) // 2, (height - side) // 2
        square = Image.fromarray(image).crop((left, top, left + side, top + side))
        region = Region(left / width, top / height, (left + side) / width, (top + side) / height)
        return np.asarray(square.resize((self._side, self._side), Image.Resampling.BILINEAR)), region

    def scores(self, crops):
        with torch.inference_mode():
            return self._network(self._to_input(crops)).softmax(dim=1).numpy()

    def _to_input(self, crops):
        return (torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2) / 255 - self._mean) / self._std


class Classifier(Scorer):
    """A classifier whose inside is open."""

    @property
    def module(self):
        return self._network

    def normalise(self, crops):
        return self._to_input(crops)


class Detector:
    """A torchvision detector of two classes."""

    def __init__(self, network):
        self.info = ModelInfo("tiny", "tiny", "", Task.DETECTION, ("can", "carton"), None, "torchvision", "")
        self.lock = threading.RLock()
        self.detector = network.eval()

    def to_input(self, image):
        return torch.from_numpy(image.copy()).permute(2, 0, 1) / 255

    def class_index(self, label):
        return {"can": 1, "carton": 2}[label]

    def detect(self, image):
        """Return the best objects of each class."""
        with torch.inference_mode():
            [found] = self.detector([self.to_input(image)])
        height, width = image.shape[:2]
        rows = zip(found["boxes"].tolist(), found["labels"].tolist(), found["scores"].tolist(), strict=True)
        return [
            Instance(
                f"p{i}", self.info.classes[label - 1], Box(x0 / width, y0 / height, x1 / width, y1 / height), score
            )
            for i, ((x0, y0, x1, y1), label, score) in enumerate(rows)
            if label > 0 and x1 - x0 > 8 and y1 - y0 > 8
        ]


class SpotsColours(nn.Sequential):
    """Counts red, green and blue pixels: where the evidence for a class lies is known."""

    def __init__(self):
        colours = [nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True), nn.AvgPool2d(4)]
        super().__init__(*colours, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3))
        with torch.no_grad():
            self[0].weight.copy_((2 * torch.eye(3) - 1).reshape(3, 3, 1, 1))
            self[0].bias.fill_(-0.3)
            self[5].weight.copy_(40 * torch.eye(3))
            self[5].bias.zero_()


def tiny_cnn():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Sequential(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(inplace=True)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(16, 3),
    )


def tiny_vit():
    return VisionTransformer(32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=3)


def tiny_swin():
    return SwinTransformer([2, 2], embed_dim=8, depths=[2, 2], num_heads=[2, 2], window_size=[4, 4], num_classes=3)


class TinyBackbone(nn.Module):
    """Three levels of 32 channels, 4, 8 and 16 pixels a cell."""

    out_channels = 32

    def __init__(self):
        super().__init__()
        sizes = [(3, 16, 4), (16, 32, 1), (32, 32, 2), (32, 32, 2)]
        self.stem, *self.stages = [nn.Conv2d(i, o, 3, stride=s, padding=1) for i, o, s in sizes]
        self.stages = nn.ModuleList(self.stages)

    def forward(self, x):
        x = self.stem(x).relu()
        levels = OrderedDict()
        for number, stage in enumerate(self.stages):
            levels[str(number)] = x = stage(x).relu()
        return levels


def _anchors(*sizes, ratios=(1.0,)):
    return AnchorGenerator(tuple((size,) for size in sizes), (ratios,) * len(sizes))


def _two_stage(cls):
    return cls(
        TinyBackbone(),
        num_classes=3,
        rpn_anchor_generator=_anchors(16, 32, 64),
        min_size=96,
        max_size=160,
        box_score_thresh=0.0,
        box_detections_per_img=6,
        rpn_pre_nms_top_n_test=60,
        rpn_post_nms_top_n_test=30,
    )


def _dense(cls, **kwargs):
    sizes = {"min_size": 96, "max_size": 160, "score_thresh": 0.0, "detections_per_img": 6}
    return cls(TinyBackbone(), num_classes=3, **sizes, **kwargs)


def _fcos():
    detector = _dense(FCOS, anchor_generator=_anchors(4, 8, 16))
    nn.init.constant_(detector.head.regression_head.bbox_reg.bias, 3.0)  # boxes of some size
    return detector


def _ssd():
    backbone = TinyBackbone()
    backbone.out_channels = [32, 32, 32]
    boxes = DefaultBoxGenerator([[2], [2], [2]])
    return SSD(backbone, boxes, (96, 96), 3, score_thresh=0.0, detections_per_img=6)


NETWORKS = {"cnn": tiny_cnn, "vit": tiny_vit, "swin": tiny_swin}
DETECTORS = {
    "faster_rcnn": lambda: _two_stage(FasterRCNN),
    "mask_rcnn": lambda: _two_stage(MaskRCNN),
    "retinanet": lambda: _dense(RetinaNet, anchor_generator=_anchors(16, 32, 64, ratios=(0.5, 1.0))),
    "fcos": _fcos,
    "ssd": _ssd,
}


def _seeded(build):
    """Build with random weights large enough that scores differ; torchvision starts some heads at zero."""
    torch.manual_seed(4)
    network = build().eval()
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                fan_in = parameter[0].numel()
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * (2 / fan_in) ** 0.5)
    return network


@pytest.fixture(params=NETWORKS)
def classifier(request):
    return Classifier(_seeded(NETWORKS[request.param]), 32)


@pytest.fixture
def cnn():
    return Classifier(_seeded(tiny_cnn), 32)


@pytest.fixture
def black_box():
    return Scorer(SpotsColours().eval(), 96)


@pytest.fixture
def spots_colours():
    return Classifier(SpotsColours().eval(), 96)


@pytest.fixture(params=DETECTORS)
def detector(request):
    return Detector(_seeded(DETECTORS[request.param]))


@pytest.fixture
def build_detector():
    return lambda name: Detector(_seeded(DETECTORS[name]))


def build_model(name):
    """Build one of every kind of model there is."""
    if name in DETECTORS:
        return Detector(_seeded(DETECTORS[name]))
    return Classifier(_seeded(NETWORKS[name]), 32) if name in NETWORKS else Scorer(SpotsColours().eval(), 96)


def pytest_generate_tests(metafunc):
    """Give `willing` every pair of a method and a model it claims to explain, `unwilling` every other pair."""
    wanted = {"willing", "unwilling"} & set(metafunc.fixturenames)
    models = {name: build_model(name) for name in [*NETWORKS, *DETECTORS, "black_box"]} if wanted else {}
    for argument in wanted:
        pairs = [
            (method, model)
            for method, cls in EXPLAINERS.items()
            for model in models
            if (cls.why_not(models[model]) == "") == (argument == "willing")
        ]
        metafunc.parametrize(argument, pairs, ids="-".join, indirect=True)


@pytest.fixture
def willing(request):
    """Names of a method and of a model it explains, the latter built afresh."""
    method, model = request.param
    return method, build_model(model)


@pytest.fixture
def unwilling(request):
    """Names of a method and of a model it cannot explain, the latter built afresh."""
    method, model = request.param
    return method, build_model(model)


@pytest.fixture
def wrap_classifier():
    """Return a function that puts a network behind the protocol: network, side, classes, mean, std -> model."""
    return Classifier


@pytest.fixture
def photo():
    """(90, 120, 3): smooth noise, like a photo without a subject."""
    coarse = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((120, 90), Image.Resampling.BICUBIC))


@pytest.fixture
def two_spots():
    """(96, 96, 3): grey noise with a red square at the upper left and a green one at the lower right."""
    image = np.random.default_rng(0).integers(110, 140, (96, 96, 1), dtype=np.uint8).repeat(3, axis=2)
    image[16:40, 16:40] = (220, 40, 40)
    image[56:80, 56:80] = (40, 220, 40)
    return image


@pytest.fixture
def red_spot():
    """Where the red square of `two_spots` lies."""
    return Box(16 / 96, 16 / 96, 40 / 96, 40 / 96)
