"""A loaded torchvision detector: pictures in, objects out, and its inside open to explanation methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.errors import ImageError, ModelError, UnknownNameError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Content, Instances, ModelInfo, Task
from predictors.base import Predictor
from predictors.detections import MAX_OBJECTS, SCORE_THRESHOLD, parse_detections
from predictors.devices import build_from_seed
from predictors.embedding import embed_picture
from predictors.preprocessing import check_normalisation, shrink

_MAX_SIDE = 2000
_MAX_SIDE_WITH_MASKS = 1333
"""Every mask is pasted into a grid as large as the picture, 100 of them at a time."""


class Detector(Predictor):
    """A torchvision detector (R-CNN family, RetinaNet, FCOS or SSD): `explainers.base.DetectsObjects`.

    Very large pictures are made smaller first, see `to_input`: the network's own resizing discards those pixels anyway.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        info: ModelInfo,
        outputs: Mapping[int, str],
        device: torch.device,
        build: Callable[[], nn.Module],
    ) -> None:
        """Take over a network.

        Args:
            network: In evaluation mode. Forward: [(3, H, W) in [0, 1]] -> [{boxes, labels, scores, masks}].
            info: Its facts; the task decides whether masks become polygons.
            outputs: The network's own index -> class name; objects of other indices are no class and are left out.
            device: Where to run it.
            build: Makes another network like it with random weights, on the CPU.
        """
        super().__init__()
        self.info = info
        self._network = network.to(device).eval()
        self._outputs = dict(outputs)
        self._indices = {name: index for index, name in outputs.items()}
        self._device = device
        self._build = build

    @property
    def detector(self) -> nn.Module:
        """The torchvision detector, in evaluation mode. Forward: [(3, H, W) in [0, 1]] -> [{boxes, labels, scores}]."""
        return self._network

    def to_input(self, image: RGBImage) -> Tensor:
        """Return (3, h, w) float32 in [0, 1] on the network's device; (h, w) is smaller than a very large picture."""
        return to_tensor(image, device=self._device, has_masks=self.info.task is Task.SEGMENTATION)

    def class_index(self, label: str) -> int:
        """Return the network's own index of a class, background included.

        Raises:
            UnknownNameError: The model has no such class.
        """
        if label not in self._indices:
            raise UnknownNameError("class", label, known=list(self.info.classes))
        return self._indices[label]

    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        """Return the objects of each picture, highest score first, at most 100 with scores of 0.05 or more.

        Raises:
            ImageError: A picture is so narrow that the network's resizing leaves nothing of its short side.
        """
        return [self._predict_one(image) for image in images]

    def embed(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, D), what the backbone sees, each of its levels averaged over the picture."""
        return np.concatenate([self._embed_one(image) for image in images])

    def with_random_weights(self, seed: int) -> Self:
        """Return the same model freshly initialised: what a faithful map must differ from (Adebayo et al. 2018)."""
        return type(self)(
            build_from_seed(self._build, seed),
            info=replace(self.info, model_id=f"{self.info.model_id}~random{seed}", weights_sha256=""),
            outputs=self._outputs,
            device=self._device,
            build=self._build,
        )

    def _embed_one(self, image: RGBImage) -> NDArray[np.float32]:
        with self.lock:
            picture = self.to_input(image)
            check_shape(self._network, picture)
            return embed_picture(self._network, picture)

    def _predict_one(self, image: RGBImage) -> Instances:
        with self.lock, torch.inference_mode():
            picture = self.to_input(image)
            check_shape(self._network, picture)
            (found,) = self._network([picture])
        return parse_detections(
            found,
            size=(picture.shape[-1], picture.shape[-2]),
            outputs=self._outputs,
            has_masks=self.info.task is Task.SEGMENTATION,
        )


def to_tensor(image: RGBImage, *, device: torch.device, has_masks: bool) -> Tensor:
    """Return (3, h, w) float32 in [0, 1]; very large pictures are made smaller, more so where masks are pasted."""
    small = shrink(image, max_side=_MAX_SIDE_WITH_MASKS if has_masks else _MAX_SIDE)
    pixels = torch.from_numpy(np.array(small)).to(device)
    return pixels.permute(2, 0, 1).to(torch.float32).div(255)


def check_shape(network: Any, picture: Tensor) -> None:
    """Refuse a (3, h, w) picture that the resizing of a torchvision detector leaves nothing of.

    Raises:
        ImageError: One side would be less than a pixel.
    """
    transform = network.transform
    short, long = sorted(picture.shape[1:])
    scale = min(transform.min_size[-1] / short, transform.max_size / long)
    if transform.fixed_size is None and short * scale < 1:
        raise ImageError(
            f"Nothing is left of the short side of a picture of {picture.shape[2]} x {picture.shape[1]} pixels when "
            f"the model fits the long one to {transform.max_size} pixels.",
            remedy="Cut the image into parts.",
        )


def configure_detector(network: Any, spec: ModelSpec) -> nn.Module:
    """Give a torchvision detector the thresholds of Relook and the preprocessing `spec` sets.

    Raises:
        ModelError: The spec sets what this detector does not have.
    """
    results = getattr(network, "roi_heads", network)
    results.score_thresh = SCORE_THRESHOLD
    results.detections_per_img = min(results.detections_per_img, MAX_OBJECTS)
    transform = network.transform
    if spec.crop is not None:
        raise ModelError("A detector sees the whole picture.", where=spec.name, remedy="Leave out --crop.")
    if spec.resize is not None:
        _set_short_side(transform, spec.resize)
    check_normalisation(spec.mean or (0.0,) * 3, spec.std or (1.0,) * 3)
    transform.image_mean = list(spec.mean or transform.image_mean)
    transform.image_std = list(spec.std or transform.image_std)
    return network


def _set_short_side(transform: Any, side: int) -> None:
    if getattr(transform, "fixed_size", None) is not None:
        raise ModelError("This detector resizes every picture to a fixed size.", remedy="Leave out --resize.")
    if not 1 <= side <= _MAX_SIDE:
        raise ModelError(f"A short side of {side} pixels cannot be used; expected 1 to {_MAX_SIDE}.")
    transform.min_size = (side,)
    transform.max_size = max(transform.max_size, side)
