"""A loaded classifier: pictures in, probabilities out, and its inside open to explanation methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.errors import ModelError
from domain.explanation import Region, RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Content, Labels, ModelInfo, Task
from predictors.base import Predictor
from predictors.embedding import embed_batch, find_last_layer
from predictors.identity import known_task
from predictors.logits import check_logits
from predictors.preprocessing import Preprocessing
from predictors.random_weights import draw_network

_CHUNK_PIXELS = 32 * 224 * 224


class ImageScorer(Predictor):
    """A classifier seen from outside: `explainers.base.ScoresImages`, and nothing more."""

    def __init__(self, network: Any, *, info: ModelInfo, preprocessing: Preprocessing, device: torch.device) -> None:
        """Take over a network.

        Args:
            network: A module in evaluation mode on `device`. Forward: (N, 3, h, w) normalised -> (N, C) logits.
            info: Its facts; the task decides between softmax and sigmoid.
            preprocessing: From a picture to the network's input.
            device: Where the network lies.
        """
        super().__init__()
        self.info = info
        self.preprocessing = preprocessing
        self._network = network
        self._device = device

    def crop(self, image: RGBImage) -> tuple[RGBImage, Region]:
        """Return what the network sees before normalisation, (h, w, 3) uint8, and where that lies on `image`."""
        return self.preprocessing.crop_image(image)

    def scores(self, crops: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, C) probabilities of N crops of the network's input size, classes in the order of `info`.

        Raises:
            ModelError: The network gives values that are not finite, or not one per class.
        """
        if len(crops) == 0:
            return np.zeros((0, len(self.info.classes)), np.float32)
        size = max(1, _CHUNK_PIXELS // (crops[0].shape[0] * crops[0].shape[1]))
        chunks = [self._score(crops[start : start + size]) for start in range(0, len(crops), size)]
        return np.concatenate(chunks)

    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        """Return the probability of every class for each picture."""
        rows = self.scores([self.crop(image)[0] for image in images])
        return [Labels(dict(zip(self.info.classes, map(float, row), strict=True))) for row in rows]

    def _score(self, crops: Sequence[RGBImage]) -> NDArray[np.float32]:
        with self.lock, torch.inference_mode():
            batch = self.preprocessing.normalise(crops, device=self._device)
            logits = self._network(batch)
            self._check_logits(logits, count=len(crops))
            return self._activate(logits.float()).cpu().numpy()

    def _activate(self, logits: Tensor) -> Tensor:
        return logits.sigmoid() if self.info.task is Task.MULTILABEL else logits.softmax(dim=1)

    def _check_logits(self, logits: Tensor, *, count: int) -> None:
        expected = (count, len(self.info.classes))
        check_logits(logits, fits=tuple(logits.shape) == expected, expected=str(expected), where=self.info.name)


class OpenClassifier(ImageScorer):
    """A classifier whose inside can be hooked and differentiated: `explainers.base.GivesGradients`."""

    @property
    def module(self) -> nn.Module:
        """The network, in evaluation mode. Forward: (N, 3, h, w) normalised -> (N, C) logits."""
        return self._network

    def normalise(self, crops: Sequence[RGBImage]) -> Tensor:
        """Return (N, 3, h, w) float32 on the network's device, ready for `module`."""
        return self.preprocessing.normalise(crops, device=self._device)

    def embed(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, D), the input of the layer that gives the logits."""
        crops = [self.crop(image)[0] for image in images]
        with self.lock:
            last = find_last_layer(self.module, len(self.info.classes), where=self.info.name)
            return embed_batch(self.module, last, self.normalise(crops))


class Classifier(OpenClassifier):
    """A classifier of which there can be another one with random weights."""

    def __init__(
        self,
        network: nn.Module,
        *,
        info: ModelInfo,
        preprocessing: Preprocessing,
        device: torch.device,
        build: Callable[[], nn.Module],
    ) -> None:
        """Take over a network; `build` makes another one like it with random weights, on the CPU."""
        super().__init__(network.to(device).eval(), info=info, preprocessing=preprocessing, device=device)
        self._build = build

    def with_random_weights(self, seed: int) -> Self:
        """Return the same model freshly initialised: what a faithful map must differ from (Adebayo et al. 2018)."""
        return type(self)(
            draw_network(self._build, seed, self.preprocessing.input_size),
            info=replace(self.info, model_id=f"{self.info.model_id}~random{seed}", weights_sha256=""),
            preprocessing=self.preprocessing,
            device=self._device,
            build=self._build,
        )


def classification_task(spec: ModelSpec, *, default: Task = Task.CLASSIFICATION) -> Task:
    """Return the task `spec` asks of a classifier.

    Raises:
        ModelError: It asks for boxes or polygons, or for no task Relook knows.
    """
    wanted = known_task(spec) or default
    if wanted.has_objects:
        raise ModelError(
            f"The task '{wanted.value}' does not go with a classifier.",
            where=spec.name,
            remedy=f"Choose {Task.CLASSIFICATION.value} or {Task.MULTILABEL.value}.",
        )
    return wanted
