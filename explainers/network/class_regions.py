"""The score of a class on a region of the picture, which makes a semantic model one that scores whole pictures.

A map then answers why the region got its class (Vinogradova et al., AAAI 2020: Seg-Grad-CAM). The region is that of the
picture as it is, and stays the same while parts of the picture are hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.errors import ExplanationError
from domain.explanation import Region, RGBImage, Target
from domain.prediction import Instance
from domain.progress import PartOf, Report
from explainers.base import GivesPixelGradients, Saliency, ScoresPixels, Subject
from explainers.targets import group_by_picture, index_of_class

Answer = Saliency | ExplanationError
ExplainEach = Callable[..., list[Answer]]
"""`Explainer.explain_each` of a method that explains the classes of whole pictures."""


class RegionScorer:
    """The mean score of classes on regions of one picture: `explainers.base.ScoresImages`.

    Its classes are the regions asked about.
    """

    def __init__(self, model: ScoresPixels, names: Sequence[str], classes: Sequence[int], masks: Tensor) -> None:
        """Watch regions of one picture.

        Args:
            model: The semantic model.
            names: What each region is called, all different.
            classes: The network's own index of the class of each.
            masks: (regions, h', w') bool on the network's output grid, none empty.
        """
        self.info = replace(model.info, classes=tuple(names))
        self.lock = getattr(model, "lock", None) or nullcontext()
        self._model, self._classes, self._masks = model, list(classes), masks

    def crop(self, image: RGBImage) -> tuple[RGBImage, Region]:
        return self._model.crop(image)

    def scores(self, crops: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, regions) mean probabilities."""
        found = torch.from_numpy(self._model.pixel_scores(crops))
        return mean_on_regions(found[:, self._classes], self._masks).numpy()


class RegionNetwork(RegionScorer):
    """The same from inside: `explainers.base.GivesGradients`, with the mean logit."""

    def __init__(self, model: GivesPixelGradients, names: Sequence[str], classes: Sequence[int], masks: Tensor) -> None:
        super().__init__(model, names, classes, masks)
        self._inside = model
        self.module = RegionLogits(model.pixel_network, model.feature_layer, classes, masks).eval()

    def normalise(self, crops: Sequence[RGBImage]) -> Tensor:
        return self._inside.normalise(crops)


class RegionLogits(nn.Module):
    """(N, 3, h, w) -> (N, regions): the mean logit of a class on each region.

    Attributes:
        feature_layer: The layer of `pixels` to look at where a person names none; empty when unknown.
    """

    def __init__(self, pixels: nn.Module, feature_layer: str, classes: Sequence[int], masks: Tensor) -> None:
        super().__init__()
        self.pixels = pixels
        self.feature_layer = feature_layer
        self._classes, self._masks = list(classes), masks

    def forward(self, pictures: Tensor) -> Tensor:
        logits = self.pixels(pictures)
        return mean_on_regions(logits[:, self._classes], self._masks.to(logits.device))


def mean_on_regions(values: Tensor, masks: Tensor) -> Tensor:
    """Return (N, regions), the mean of each (N, regions, h', w') on its (regions, h', w') mask."""
    weights = masks.to(values.dtype)
    return (values * weights).sum(dim=(2, 3)) / weights.sum(dim=(1, 2))


def explain_regions(
    explain_each: ExplainEach, model: ScoresPixels, subjects: Sequence[Subject], *, seed: int, report: Report
) -> list[Answer]:
    """Explain why regions got their class, picture by picture.

    The region of an object is what its outline encloses, or its box where it has none; without an object it is where
    the model says the class is.

    Raises:
        UnknownNameError: The model has no such class.
    """
    for subject in subjects:
        index_of_class(model.info, subject.target.label)
    answers: dict[int, Answer] = {}
    pictures = group_by_picture(subjects)
    for place, numbers in enumerate(pictures):
        share = PartOf(report, place, len(pictures))
        found = _explain_picture(explain_each, model, [subjects[number] for number in numbers], seed, share)
        answers.update(zip(numbers, found, strict=True))
    return [answers[number] for number in range(len(subjects))]


def watch_region(model: ScoresPixels, subject: Subject) -> RegionScorer:
    """Return what tells the mean probability of one region, its only class, while the picture changes.

    Raises:
        UnknownNameError: The model has no such class.
        ExplanationError: It finds the class nowhere on the picture.
    """
    index_of_class(model.info, subject.target.label)
    index = model.class_index(subject.target.label)
    [scores] = model.pixel_scores([model.crop(subject.image)[0]])
    mask = region_of(scores, index, subject.instance)
    if not mask.any():
        raise _no_region(subject.target)
    return RegionScorer(model, [subject.target.label], [index], torch.from_numpy(mask)[None])


def _explain_picture(
    explain_each: ExplainEach, model: ScoresPixels, subjects: Sequence[Subject], seed: int, report: Report
) -> list[Answer]:
    image = subjects[0].image
    crop, _ = model.crop(image)
    [scores] = model.pixel_scores([crop])
    classes = [model.class_index(subject.target.label) for subject in subjects]
    masks = [region_of(scores, index, subject.instance) for index, subject in zip(classes, subjects, strict=True)]
    asked = [number for number, mask in enumerate(masks) if mask.any()]
    answers: dict[int, Answer] = {
        number: _no_region(subject.target) for number, subject in enumerate(subjects) if number not in asked
    }
    if asked:
        names = [_name(subjects[number].target, number) for number in asked]
        kind = RegionNetwork if isinstance(model, GivesPixelGradients) else RegionScorer
        stacked = torch.from_numpy(np.stack([masks[number] for number in asked]))
        view = kind(model, names, [classes[number] for number in asked], stacked)  # pyright: ignore[reportArgumentType]
        found = explain_each(view, [Subject(image, Target(name)) for name in names], seed=seed, report=report)
        answers.update(zip(asked, found, strict=True))
    return [answers[number] for number in range(len(subjects))]


def region_of(scores: NDArray[np.float32], index: int, instance: Instance | None) -> NDArray[np.bool_]:
    """Return the (h', w') region of an object, or where the class is the most probable one.

    Args:
        scores: (C, h', w') probabilities; C is 1 for a class that is there from 0.5.
        index: The network's own index of the class.
        instance: The object, in fractions of the picture.
    """
    if instance is None:
        return scores[0] >= 0.5 if len(scores) == 1 else scores.argmax(axis=0) == index
    height, width = scores.shape[1:]
    box = instance.box
    corners = (box.x_min, box.y_min, box.x_max, box.y_min, box.x_max, box.y_max, box.x_min, box.y_max)
    rings = [
        np.round((np.asarray(ring, np.float64).reshape(-1, 2) * (width, height) - 0.5) * 16).astype(np.int32)
        for ring in instance.polygons or (corners,)
    ]
    region = np.zeros((height, width), np.uint8)
    cv2.fillPoly(region, rings, 1, shift=4)
    return region.astype(bool)


def _name(target: Target, number: int) -> str:
    """What a region is called in messages."""
    return f"{target.label}, region {target.instance_id or number + 1}"


def _no_region(target: Target) -> ExplanationError:
    what = f"'{target.label}'"
    if target.instance_id is not None:
        return ExplanationError(f"The region of {what} covers no pixel of what the model answers.")
    return ExplanationError(
        f"The model says {what} of no pixel of this image, so there is no region to explain.",
        remedy="Choose a class that it finds here.",
    )
