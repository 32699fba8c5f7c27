"""Detectors with heads in the style of torchvision's newer builders, beside those of the other explainers' tests."""

from functools import partial

import pytest
import torch
from torch import nn
from torchvision.models.detection.faster_rcnn import FastRCNNConvFCHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.models.detection.ssdlite import SSDLiteHead

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
