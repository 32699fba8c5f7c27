"""Training a torchvision detector, with or without masks, on arrays and objects."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as change
from torchvision.tv_tensors import BoundingBoxes, BoundingBoxFormat, Mask

from domain.prediction import Instance, Instances
from domain.progress import Report, ignore_progress
from training.augmentation import as_fractions, vary_colour
from training.loop import Batch, Schedule, run


def fit_detector(
    module: nn.Module,
    images: npt.NDArray[np.uint8],
    targets: Sequence[Instances],
    *,
    classes: Sequence[str],
    schedule: Schedule,
    report: Report = ignore_progress,
) -> list[float]:
    """Train `module` in place.

    Args:
        module: A torchvision detection model: in training mode, list of (3, h, w) images in [0, 1] and list of
            targets -> dict of losses.
        images: (N, h, w, 3) uint8 RGB.
        targets: Objects of each image, in fractions of it. An object without polygons has its box for a mask.
        classes: Names in output order; class i is output i + 1, after the background.
        schedule: Length and speed.
        report: Called with (steps done, steps in all).

    Returns:
        The mean loss of each epoch.
    """

    def loss_of(batch: Batch, rng: np.random.Generator) -> Tensor:
        pairs = [vary(rng, images[index], targets[index], classes=classes) for index in batch]
        losses = module([image for image, _ in pairs], [target for _, target in pairs])
        return torch.stack([loss.float() for loss in losses.values()]).sum()

    return run(module, len(images), loss_of, schedule=schedule, report=report)


def vary(
    rng: np.random.Generator, image: npt.NDArray[np.uint8], objects: Instances, *, classes: Sequence[str]
) -> tuple[Tensor, dict[str, Tensor]]:
    """One picture and its target as torchvision wants them, mirrored now and then, its colours varied."""
    target = detection_target(objects, image.shape[:2], classes=classes)
    if rng.random() < 0.5:
        image = image[:, ::-1]
        target = mirror(target)
    pixels = vary_colour(rng, as_fractions(image))
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))), target


def detection_target(objects: Instances, shape: tuple[int, int], *, classes: Sequence[str]) -> dict[str, Tensor]:
    """Objects -> boxes (M, 4) float32 in pixels, labels (M,) int64 from 1, masks (M, h, w) uint8.

    Boxes and masks are torchvision's tv_tensors, so that its transforms know what they are.
    """
    height, width = shape
    kept = [thing for thing in objects.items if thing.box.area > 0]
    scale = np.asarray([width, height, width, height], np.float32)
    boxes = np.asarray([thing.box.as_tuple() for thing in kept], np.float32).reshape(-1, 4) * scale
    labels = np.asarray([classes.index(thing.label) + 1 for thing in kept], np.int64)
    masks = np.zeros((len(kept), height, width), np.uint8)
    for mask, thing in zip(masks, kept, strict=True):
        fill_mask(mask, thing)
    return {
        "boxes": BoundingBoxes(  # pyright: ignore[reportCallIssue]  its overloads know plain data alone
            torch.from_numpy(boxes), format=BoundingBoxFormat.XYXY, canvas_size=(height, width)
        ),
        "labels": torch.from_numpy(labels),
        "masks": Mask(torch.from_numpy(masks)),
    }


def fill_mask(mask: npt.NDArray[np.uint8], thing: Instance) -> None:
    """Set the pixels inside the object to 1, in place."""
    height, width = mask.shape
    box = thing.box
    corners = (box.x_min, box.y_min, box.x_max, box.y_min, box.x_max, box.y_max, box.x_min, box.y_max)
    rings = [
        np.round((np.asarray(ring, np.float64).reshape(-1, 2) * (width, height) - 0.5) * 16).astype(np.int32)
        for ring in thing.polygons or (corners,)
    ]
    cv2.fillPoly(mask, rings, 1, shift=4)


def mirror(target: dict[str, Tensor]) -> dict[str, Tensor]:
    """The target of the mirrored picture; numbers without a place stay as they are."""
    return {
        name: change.horizontal_flip(value) if isinstance(value, BoundingBoxes | Mask) else value
        for name, value in target.items()
    }
