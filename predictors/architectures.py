"""The demo's two networks, assembled from torchvision's parts, and the facts their checkpoints carry."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.resnet import BasicBlock
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign
from torchvision.ops.misc import Conv2dNormActivation

from domain.errors import ModelError
from domain.prediction import Task

MEAN = (0.5, 0.5, 0.5)
STD = (0.25, 0.25, 0.25)

WIDTHS = (32, 48, 96, 144)
"""Channels of the trunk at strides 2, 4, 8 and 16."""

DEEPEST = 176
"""Channels of the detector's extra stage at stride 32."""

PYRAMID = 64
BOX_FEATURES = 192


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What a loader must know about a demo checkpoint; kept in the file itself as safetensors metadata.

    Attributes:
        builder: "demo_classifier" or "demo_detector", a key of `BUILDERS`.
        task: A `Task` value. It tells softmax (image_classification) from sigmoid (image_classification_multilabel).
        classes: Names in output order; a detector's output 0 is the background, its output i is `classes[i - 1]`.
        height: The whole image is resized to this height, without cropping ...
        width: ... and this width, before a classifier sees it. A detector takes any size and resizes by itself.
        mean: Per channel, of pixels in [0, 1]. A classifier expects (pixel - mean) / std; a detector expects pixels
            in [0, 1] and subtracts by itself.
        std: Per channel.
    """

    builder: str
    task: str
    classes: tuple[str, ...]
    height: int
    width: int
    mean: tuple[float, float, float] = MEAN
    std: tuple[float, float, float] = STD

    def to_metadata(self) -> dict[str, str]:
        """As safetensors wants it: JSON text by name."""
        return {name: json.dumps(value) for name, value in asdict(self).items()}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str] | None, *, where: str = "") -> DemoFacts:
        """Read what `to_metadata` wrote; other keys are ignored.

        Raises:
            ModelError: A fact is missing or malformed.
        """
        try:
            found = {name: json.loads((metadata or {})[name]) for name in cls.__slots__}
            pairs = {name: tuple(found[name]) for name in ("classes", "mean", "std")}
            facts = cls(**{**found, **pairs})
            Task(facts.task)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The checkpoint does not carry the facts of a demo model ({error!r}).",
                where=where,
                remedy="Use a file written by `python -m cli demo --train`.",
            ) from error
        return facts


class Trunk(nn.Module):
    """A small residual network of stride 16; (N, 3, h, w) -> (N, 144, h / 16, w / 16)."""

    def __init__(self) -> None:
        super().__init__()
        stem, first, second, third = WIDTHS
        self.stem = Conv2dNormActivation(3, stem, 3, stride=2)
        self.stage1 = residual_stage(stem, first, blocks=1)
        self.stage2 = residual_stage(first, second, blocks=2)
        self.stage3 = residual_stage(second, third, blocks=2)

    def forward(self, images: Tensor) -> Tensor:
        return self.stage3(self.stage2(self.stage1(self.stem(images))))


def residual_stage(inputs: int, outputs: int, *, blocks: int) -> nn.Sequential:
    """Basic blocks, the first of which halves the grid."""
    shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs))
    first = BasicBlock(inputs, outputs, stride=2, downsample=shortcut)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs) for _ in range(blocks - 1)))


class DemoClassifier(nn.Module):
    """Trunk, global average, linear layer.

    `trunk.stage3` is the layer to explain: 14 x 11 cells at 224 x 168, 16 x 12 at 256 x 192.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(WIDTHS[-1], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised (N, 3, h, w) -> logits (N, K)."""
        return self.head(self.pool(self.trunk(images)).flatten(1))


class CellClassifier(nn.Module):
    """Trunk and one linear layer a cell, only for training the trunk; output 0 is the background."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.head = nn.Conv2d(WIDTHS[-1], num_classes + 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised (N, 3, h, w) -> logits (N, K + 1, h / 16, w / 16)."""
        return self.head(self.trunk(images))


class PyramidBackbone(nn.Module):
    """The trunk, one more stage, and a feature pyramid at strides 8, 16 and 32 (levels "0", "1", "2")."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.stage4 = residual_stage(WIDTHS[-1], DEEPEST, blocks=1)
        self.pyramid = FeaturePyramidNetwork([WIDTHS[2], WIDTHS[3], DEEPEST], PYRAMID, norm_layer=nn.BatchNorm2d)
        self.out_channels = PYRAMID

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        fine = self.trunk.stage2(self.trunk.stage1(self.trunk.stem(images)))
        middle = self.trunk.stage3(fine)
        coarse = self.stage4(middle)
        return self.pyramid(OrderedDict([("0", fine), ("1", middle), ("2", coarse)]))


def build_cell_classifier(num_classes: int, *, seed: int = 0) -> CellClassifier:
    """The network that trains the trunk, with random weights; no checkpoint of it is shipped."""
    torch.manual_seed(seed)
    return CellClassifier(num_classes)


def build_demo_classifier(num_classes: int, *, seed: int = 0) -> DemoClassifier:
    """The classifier with random weights, for softmax (multi-class) and sigmoid (multi-label) alike.

    Input: the whole image resized to `DemoFacts.height` x `width`, float32 in [0, 1], minus mean, over std.
    """
    torch.manual_seed(seed)
    return DemoClassifier(num_classes)


def build_demo_detector(num_classes: int, *, seed: int = 0) -> MaskRCNN:
    """A small Mask R-CNN with random weights.

    It takes a list of (3, h, w) float32 images in [0, 1] of any size, and resizes and normalises by itself.

    Args:
        num_classes: Without the background.
        seed: Of the random weights.
    """
    torch.manual_seed(seed)
    levels = ["0", "1", "2"]
    boxes = MultiScaleRoIAlign(levels, output_size=7, sampling_ratio=1, canonical_scale=96)
    masks = MultiScaleRoIAlign(levels, output_size=14, sampling_ratio=1, canonical_scale=96)
    return MaskRCNN(
        PyramidBackbone(),
        min_size=192,
        max_size=256,
        image_mean=list(MEAN),
        image_std=list(STD),
        rpn_anchor_generator=AnchorGenerator(((20, 30), (44, 64), (90, 130)), ((0.4, 1.0, 2.5),) * 3),
        rpn_pre_nms_top_n_train=400,
        rpn_post_nms_top_n_train=200,
        rpn_pre_nms_top_n_test=200,
        rpn_post_nms_top_n_test=60,
        rpn_fg_iou_thresh=0.6,
        box_roi_pool=boxes,
        box_head=TwoMLPHead(PYRAMID * 49, BOX_FEATURES),
        box_predictor=FastRCNNPredictor(BOX_FEATURES, num_classes + 1),
        box_batch_size_per_image=32,
        box_detections_per_img=30,
        mask_roi_pool=masks,
        mask_head=MaskRCNNHeads(PYRAMID, (PYRAMID, PYRAMID), 1),
        mask_predictor=MaskRCNNPredictor(PYRAMID, PYRAMID, num_classes + 1),
    )


def freeze_early_stages(module: nn.Module) -> None:
    """Let all but the last stage of the `Trunk` inside `module` stay as they are, which halves the work of a step."""
    trunk = find_trunk(module)
    for stage in (trunk.stem, trunk.stage1, trunk.stage2):
        stage.requires_grad_(requires_grad=False)


def find_trunk(module: nn.Module) -> Trunk:
    return next(part for part in module.modules() if isinstance(part, Trunk))


def copy_trunk(source: nn.Module, target: nn.Module) -> None:
    """Copy the weights of the `Trunk` inside `source` into the one inside `target`, so that it learns faster."""
    find_trunk(target).load_state_dict(find_trunk(source).state_dict())


BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "demo_classifier": build_demo_classifier,
    "demo_detector": build_demo_detector,
}
"""`DemoFacts.builder` -> function of the number of classes."""
