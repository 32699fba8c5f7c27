"""How well a detector still finds given boxes when parts of the picture are hidden."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_iou, clip_boxes_to_image

from domain.explanation import RGBImage
from domain.geometry import intersection_over_union
from domain.prediction import Content, Instance, Instances, ModelInfo
from explainers.base import DetectsObjects
from explainers.network.hooks import borrowed
from explainers.network.precision import network_in
from explainers.objects.box_match import Candidates
from explainers.objects.detector_scene import Detector, Scene, check_shape, is_padded, name_levels, to_pixels
from explainers.objects.one_stage import list_anchors
from explainers.objects.two_stage import NEAR, list_proposals

PIXELS_AT_ONCE = {"cpu": 1_000_000, "cuda": 16_000_000}
MOST_AT_ONCE = 32
MEAN_COLOUR = (124, 116, 104)
"""Of photos: what the hidden parts show where a picture is given as pixels."""


@runtime_checkable
class FindsObjects(Protocol):
    """A model that answers with objects, and whose inside is not needed."""

    @property
    def info(self) -> ModelInfo: ...

    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        """Return the objects of each (H, W, 3) uint8 picture, in fractions of it."""
        ...


class MaskedAnswers(ABC):
    """A picture, the boxes asked about, and a detector.

    Attributes:
        size: (height, width) at which masks are wanted.
        at_once: Masked pictures that go through the detector together.
    """

    size: tuple[int, int]
    at_once: int

    @abstractmethod
    def similarities(self, masks: Tensor) -> Tensor:
        """Return (n, boxes) in [0, 1]: the largest overlap times class score among what is found under each mask.

        Args:
            masks: (n, height, width) in [0, 1], 0 where the picture is hidden.
        """


class AnswersInside(MaskedAnswers):
    """Reads all candidates of a torchvision detector, before doubles are suppressed, with the scores of all classes."""

    def __init__(
        self, model: DetectsObjects, image: RGBImage, instances: Sequence[Instance], *, short_side: int, precision: str
    ) -> None:
        """Prepare a picture.

        Args:
            model: The detector.
            image: (H, W, 3) uint8.
            instances: The boxes in fractions of `image`, and their classes.
            short_side: Of the pictures the detector sees, at most; 0 for the size it always sees.
            precision: Of the backbone.
        """
        self._model, self._precision = model, precision
        with borrowed(model, model.detector) as detector, torch.no_grad():
            self._picture = _fit(detector, model.to_input(image), short_side)
        device = self._picture.device
        self.size = (self._picture.shape[1], self._picture.shape[2])
        room = PIXELS_AT_ONCE.get(device.type, PIXELS_AT_ONCE["cpu"]) // (self.size[0] * self.size[1])
        self.at_once = min(max(room, 1), MOST_AT_ONCE)
        self._boxes = torch.stack([to_pixels(each.box, self.size) for each in instances]).to(device)
        self._classes = [model.class_index(each.label) for each in instances]

    def similarities(self, masks: Tensor) -> Tensor:
        pictures = self._picture * masks.to(self._picture.device)[:, None]
        with borrowed(self._model, self._model.detector) as detector, torch.no_grad():
            scene = self._read_scene(detector, pictures)
            if hasattr(detector, "roi_heads"):
                found = list_proposals(detector, scene, near=self._boxes)
                values = [self._compare(each, box_iou(self._boxes, proposals) >= NEAR) for proposals, each in found]
            else:
                values = [self._compare(each) for _, each in list_anchors(detector, scene)]
            return torch.stack(values).float().cpu()

    def _read_scene(self, detector: Detector, pictures: Tensor) -> Scene:
        transform = detector.transform
        images = ImageList(
            transform.batch_images(list(pictures), size_divisible=transform.size_divisible), [self.size] * len(pictures)
        )
        backbone = network_in(self._precision, detector.backbone)
        parameter = next(backbone.parameters(), pictures)
        levels = name_levels(backbone(images.tensors.to(parameter.dtype)))
        return Scene(images, {name: level.float() for name, level in levels.items()}, is_padded=is_padded(detector))

    def _compare(self, candidates: Candidates, counts: Tensor | None = None) -> Tensor:
        """Return (boxes,) similarities; `counts`, (boxes, candidates), says which candidates count for which box."""
        values = self._boxes.new_zeros(len(self._boxes))
        for number, index in enumerate(self._classes):
            boxes, scores = candidates.of_class(index)
            if len(boxes):
                overlaps = box_iou(self._boxes[number, None], clip_boxes_to_image(boxes, self.size))[0]
                worth = overlaps * scores
                values[number] = (worth if counts is None else worth * counts[number]).max()
        return values


class AnswersOutside(MaskedAnswers):
    """Asks a model of any kind for its objects."""

    at_once = 4

    def __init__(self, model: FindsObjects, image: RGBImage, instances: Sequence[Instance]) -> None:
        """Take a picture, (H, W, 3) uint8, and the boxes in fractions of it with their classes."""
        self._model, self._image, self._instances = model, image, instances
        self.size = (image.shape[0], image.shape[1])

    def similarities(self, masks: Tensor) -> Tensor:
        fill = np.array(MEAN_COLOUR, dtype=np.float32)
        shares = masks.numpy()[..., None]
        pictures = (shares * self._image + (1 - shares) * fill).round().astype(np.uint8)
        return torch.tensor([self._compare(answer) for answer in self._model.predict(list(pictures))])

    def _compare(self, answer: Content) -> list[float]:
        items = answer.items if isinstance(answer, Instances) else ()
        return [max((_similarity(asked, each) for each in items), default=0.0) for asked in self._instances]


def _similarity(asked: Instance, found: Instance) -> float:
    if asked.label != found.label:
        return 0.0
    return intersection_over_union(asked.box, found.box) * (found.score or 0.0)


def pixel_share(model: DetectsObjects, short_side: int) -> float:
    """Return about how many of the pixels a detector sees otherwise are left at `short_side`, as a share of them."""
    transform: Any = model.detector.transform
    own = min(transform.fixed_size or transform.min_size)
    return 1.0 if transform.fixed_size is not None or not 0 < short_side < own else (short_side / own) ** 2


def _fit(detector: Detector, picture: Tensor, short_side: int) -> Tensor:
    """Return the normalised (3, h, w) picture at the size the detector sees, made smaller to `short_side`."""
    check_shape(detector, picture)
    transform = detector.transform
    normalised = transform.normalize(picture)
    fitted, _ = transform.resize(normalised, None)
    shorter = min(fitted.shape[1:])
    if transform.fixed_size is not None or not 0 < short_side < shorter:
        return fitted
    size = [max(1, round(side * short_side / shorter)) for side in fitted.shape[1:]]
    return interpolate(normalised[None], size, mode="bilinear", align_corners=False)[0]
