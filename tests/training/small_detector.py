"""Tiny torchvision detectors of every family, and pictures of coloured squares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.detection import FCOS, FasterRCNN, MaskRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.ssd import SSD
from torchvision.ops import MultiScaleRoIAlign

from domain.geometry import Box, intersection_over_union
from domain.prediction import Instance, Instances
from training.examples import Learned
from training.fine_tune import fine_tune
from training.object_examples import ObjectExamples
from training.recipe import Recipe

CLASSES = ("red", "green")
SIDE = 64
COUNT = 16
torch.set_num_threads(1)


class Backbone(nn.Module):
    """Strides of 8; some of it is normalised."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.out_channels: int | list[int] = channels
        self.early = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.late = nn.Sequential(nn.Conv2d(8, channels, 3, 2, 1), nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        return {"0": self.late(self.early(pictures))}


class Levels(Backbone):
    """The same with a list of channels, one for each level."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.out_channels = [channels]


def _rcnn(outputs: int, **more: Any) -> FasterRCNN:
    kind = MaskRCNN if more else FasterRCNN
    return kind(
        Backbone(8),
        min_size=SIDE,
        max_size=SIDE,
        rpn_anchor_generator=AnchorGenerator(((16, 32),), ((1.0,),)),
        box_roi_pool=MultiScaleRoIAlign(["0"], output_size=4, sampling_ratio=1),
        box_head=TwoMLPHead(8 * 16, 16),
        box_predictor=FastRCNNPredictor(16, outputs),
        box_detections_per_img=10,
        box_score_thresh=0.05,
        **more,
    )


def _mask_rcnn(outputs: int) -> MaskRCNN:
    return _rcnn(  # pyright: ignore[reportReturnType]
        outputs,
        mask_roi_pool=MultiScaleRoIAlign(["0"], output_size=6, sampling_ratio=1),
        mask_head=MaskRCNNHeads(8, (8,), 1),
        mask_predictor=MaskRCNNPredictor(8, 8, outputs),
    )


def _dense(kind: Callable[..., nn.Module], outputs: int, channels: int) -> nn.Module:
    anchors = AnchorGenerator(((16,) if kind is FCOS else (16, 32),), ((1.0,),))
    return kind(Backbone(channels), outputs, min_size=SIDE, max_size=SIDE, anchor_generator=anchors)


FAMILIES: Mapping[str, Callable[[int], nn.Module]] = {
    "faster": _rcnn,
    "mask": _mask_rcnn,
    "retinanet": lambda outputs: _dense(RetinaNet, outputs, 8),
    "fcos": lambda outputs: _dense(FCOS, outputs, 32),
    "ssd": lambda outputs: SSD(
        Levels(8), DefaultBoxGenerator([[2]], scales=[0.3, 0.5]), (SIDE, SIDE), outputs, score_thresh=0.05
    ),
}


def detector(family: str = "faster", outputs: int = 3, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return FAMILIES[family](outputs).eval()


def square(label: str, left: float, top: float, side: float = 0.4, *, outlined: bool = True) -> Instance:
    """A square; outlined by two rings, its halves."""
    right, bottom, middle = left + side, top + side, left + side / 2
    rings = (
        (left, top, middle, top, middle, bottom, left, bottom),
        (middle, top, right, top, right, bottom, middle, bottom),
    )
    return Instance(f"{label}{left}", label, Box(left, top, right, bottom), polygons=rings if outlined else ())


def examples(*, outlined: bool = True, count: int = COUNT) -> ObjectExamples:
    """A square in each picture but the last of those to learn from; the last quarter chooses the epoch."""
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 60, (count, SIDE, SIDE, 3), dtype=np.uint8)
    objects = []
    edge = count * 3 // 4
    for number, picture in enumerate(pictures):
        left, top = rng.uniform(0.05, 0.5, 2)
        thing = square(CLASSES[number % 2], float(left), float(top), outlined=outlined)
        x, y, side = round(left * SIDE), round(top * SIDE), round(0.4 * SIDE)
        picture[y : y + side, x : x + side, number % 2] = 230
        objects.append(Instances((thing,)))
    pictures[edge - 1] //= 8
    objects[edge - 1] = Instances()
    places = np.arange(count)
    return ObjectExamples(
        pictures,
        objects,
        np.ones(count, bool),
        places[:edge],
        places[edge:],
        torch.device("cpu"),
        {name: place for place, name in enumerate(CLASSES, start=1)},
        share_found,
    )


def share_found(given: Sequence[Instances], found: Sequence[Instances], sizes: Sequence[tuple[int, int]]) -> float:
    """How far the best box of the class overlaps, on average."""
    assert all(size == (SIDE, SIDE) for size in sizes)
    best = [
        max(
            (intersection_over_union(said.box, thing.box) for said in one.items if said.label == thing.label),
            default=0.0,
        )
        for label, one in zip(given, found, strict=True)
        for thing in label.items
    ]
    return float(np.mean(best))


def learn(folder: Path, recipe: Recipe, given: ObjectExamples | None = None, **more) -> Learned:
    """Train a tiny detector."""
    module, names = more.pop("module", None) or detector(), more.pop("classes", (CLASSES, CLASSES))
    return fine_tune(module, given or examples(), recipe, classes=names, folder=folder, metadata={"a": "1"}, **more)


def with_objects(given: ObjectExamples, place: int, *things: Instance) -> ObjectExamples:
    """The same with other objects in one picture."""
    return replace(given, objects=[*given.objects[:place], Instances(things), *given.objects[place + 1 :]])
