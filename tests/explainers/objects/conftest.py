"""Detectors with heads in the style of torchvision's newer builders, beside those of the other explainers' tests."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models.detection import RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.models.detection.ssdlite import SSDLiteHead

from domain.errors import ExplanationError
from domain.geometry import Box
from explainers.objects.box_evidence import Question, explain_boxes
from explainers.objects.head import Part

NEWER = {
    "maskrcnn_v2": "mask_rcnn",
    "retinanet_v2": "retinanet",
    "ssdlite": "ssd",
}
"""Style -> the detector that gets its heads."""


def _swap_heads(name, detector):
    if name == "maskrcnn_v2":
        heads = detector.roi_heads
        heads.box_head = FastRCNNConvFCHead((32, 7, 7), [16, 16], [1024], norm_layer=nn.BatchNorm2d)
        heads.mask_head = MaskRCNNHeads(32, [256, 256], 1, norm_layer=nn.BatchNorm2d)
    if name == "retinanet_v2":
        detector.head = RetinaNetHead(32, 2, 3, norm_layer=partial(nn.GroupNorm, 8))
    if name == "ssdlite":
        norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.03)
        detector.head = SSDLiteHead([32, 32, 32], [4, 4, 4], 3, norm)


@pytest.fixture
def build_any(build_detector):
    """Return a function that builds a detector by name, the newer styles too, with random weights."""

    def build(name):
        model = build_detector(NEWER.get(name, name))
        torch.manual_seed(5)
        _swap_heads(name, model.detector)
        if name in NEWER:
            _spread_scores(model.detector)
        model.detector.eval()
        return model

    return build


def _spread_scores(detector):
    """Torchvision starts some heads so near zero that every score is the same."""
    generator = torch.Generator().manual_seed(5)
    head = detector.roi_heads if hasattr(detector, "roi_heads") else detector.head
    with torch.no_grad():
        for parameter in head.parameters():
            if parameter.ndim > 1:
                fan_in = parameter[0].numel()
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * (2 / fan_in) ** 0.5)
        if isinstance(head, RetinaNetHead):
            head.regression_head.bbox_reg.weight.mul_(0.1)  # boxes of some size
            head.classification_head.cls_logits.bias[0::3] = -20  # index 0 is no class


class Redness(nn.Module):
    """One level of one channel, 8 pixels a cell: how red the picture is there."""

    out_channels = 1

    def __init__(self):
        super().__init__()
        self.look = nn.Conv2d(3, 1, 1)
        with torch.no_grad():
            self.look.weight.copy_(torch.tensor([1.0, -0.5, -0.5]).reshape(1, 3, 1, 1))
            self.look.bias.zero_()

    def forward(self, x):
        return nn.functional.avg_pool2d(self.look(x).relu(), 8)


class Branch(nn.Module):
    """One convolution that sees 7 x 7 cells; the rows are those of torchvision's dense heads."""

    def __init__(self, numbers):
        super().__init__()
        self.numbers, self.look = numbers, nn.Conv2d(1, numbers, 7, padding=3)
        nn.init.zeros_(self.look.weight)
        nn.init.zeros_(self.look.bias)

    def forward(self, features):
        maps = self.look(features[0])
        return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, self.numbers)


class RedHead(nn.Module):
    """Finds a can where 3 x 3 cells are red, and says nothing about its size."""

    def __init__(self):
        super().__init__()
        self.classification_head, self.regression_head = Branch(3), Branch(4)
        with torch.no_grad():
            self.classification_head.look.weight[1, 0, 2:5, 2:5] = 4 / 9
            self.classification_head.look.bias.copy_(torch.tensor([-20.0, -6, -20]))

    def forward(self, features):
        return {"cls_logits": self.classification_head(features), "bbox_regression": self.regression_head(features)}


@pytest.fixture
def red_detector(build_detector):
    """A detector whose evidence is known: it finds red squares of 24 pixels."""
    model = build_detector("retinanet")
    anchors = AnchorGenerator(((24,),), ((1.0,),))
    sizes = {"min_size": 96, "max_size": 160, "score_thresh": 0.9, "detections_per_img": 6}
    model.detector = RetinaNet(Redness(), 3, anchor_generator=anchors, head=RedHead(), **sizes).eval()
    return model


@pytest.fixture
def two_cans():
    """(96, 96, 3): grey noise with a red square at the left and another at the right."""
    image = np.random.default_rng(0).integers(110, 140, (96, 96, 1), dtype=np.uint8).repeat(3, axis=2)
    image[40:64, 8:32] = image[40:64, 64:88] = (220, 40, 40)
    return image


@pytest.fixture
def squares():
    """Where the red squares of `two_cans` lie."""
    return Box(8 / 96, 40 / 96, 32 / 96, 64 / 96), Box(64 / 96, 40 / 96, 88 / 96, 64 / 96)


@pytest.fixture
def odam_map():
    """Return a function that gives the map of one box as it is, whether it holds any evidence or not."""

    def explain(model, image, instance, *, part="class", layer=""):
        [found] = explain_boxes(model, image, [instance], Question(Part(part), layer))
        if isinstance(found, ExplanationError):
            raise found
        return found

    return explain
