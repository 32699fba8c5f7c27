"""Scores of a few classes for many versions of a picture, from inside a network or from outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from domain.explanation import RGBImage
from domain.prediction import Task
from explainers.base import GivesGradients, ScoresImages
from explainers.network.hooks import borrowed
from explainers.network.precision import Precision, scoring_network_in, why_not_fast

CLIP = 1e-6
"""Probabilities from outside are held this far from 0 and 1, where log-odds end."""


class Scale(StrEnum):
    """What a score counts."""

    LOGIT = "logit"
    PROBABILITY = "probability"


SCALE_HELP = {
    "help": "What is explained: the logit of the class, which does not saturate near 1, or its probability.",
    "choices": tuple(scale.value for scale in Scale),
}
"""Metadata of the parameter `scale` of every method that has it."""


class ClassScores(ABC):
    """The scores of some classes. What goes in is made by `to_input`, and may be blended before it is scored.

    Attributes:
        warnings: What a reader should know about the scores, full sentences.
    """

    warnings: tuple[str, ...] = ()

    @abstractmethod
    def to_input(self, picture: RGBImage) -> Tensor:
        """Return (3, h, w) floats of a picture of the network's input size, on the device where it is scored."""

    @abstractmethod
    def score(self, inputs: Tensor) -> NDArray[np.float64]:
        """Return (N, classes asked) scores of (N, 3, h, w) inputs, in the order the classes were asked."""


class NetworkScores(ClassScores):
    """From inside: pictures stay on the device, and logits are the network's own."""

    def __init__(self, model: GivesGradients, classes: Sequence[int], *, scale: str, precision: str) -> None:
        self._model, self._classes, self._scale, self._precision = model, list(classes), scale, precision
        self.warnings = why_not_fast(precision, model.module)

    def to_input(self, picture: RGBImage) -> Tensor:
        return self._model.normalise([picture])[0]

    def score(self, inputs: Tensor) -> NDArray[np.float64]:
        if inputs.device.type == "cpu":  # up to twice as fast there, whatever the layout of the weights
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        with borrowed(self._model, self._model.module) as exact:
            network = scoring_network_in(self._precision, exact, inputs[:1])
            with torch.inference_mode():
                logits = network(inputs).float()
                scores = logits if self._scale == Scale.LOGIT else self._activate(logits)
                return scores[:, self._classes].cpu().numpy().astype(np.float64)

    def _activate(self, logits: Tensor) -> Tensor:
        return logits.sigmoid() if self._model.info.task is Task.MULTILABEL else logits.softmax(dim=1)


class OutsideScores(ClassScores):
    """From outside: a model that gives only probabilities, whose log-odds stand for its logits."""

    def __init__(self, model: ScoresImages, classes: Sequence[int], *, scale: str, precision: str) -> None:
        self._model, self._classes, self._scale = model, list(classes), scale
        if precision == Precision.FAST:
            self.warnings = ("This model only gives scores, so that its precision cannot be chosen.",)

    def to_input(self, picture: RGBImage) -> Tensor:
        return torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)

    def score(self, inputs: Tensor) -> NDArray[np.float64]:
        pictures = inputs.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
        scores = self._model.scores(list(pictures))[:, self._classes].astype(np.float64)
        return scores if self._scale == Scale.PROBABILITY else log_odds(scores)


def class_scores(
    model: ScoresImages, classes: Sequence[int], *, scale: str = Scale.LOGIT, precision: str = Precision.EXACT
) -> ClassScores:
    """Return what scores the classes at the given positions among the model's outputs.

    Args:
        model: A classifier; its inside is used where it can be reached.
        classes: Positions among the model's outputs.
        scale: A `Scale`.
        precision: A `Precision`; fast only where the inside can be reached.
    """
    # A probability of a region is a mean over its pixels, and no function of its mean logit.
    is_mean = model.info.task.has_objects and scale == Scale.PROBABILITY
    kind = NetworkScores if isinstance(model, GivesGradients) and not is_mean else OutsideScores
    return kind(model, classes, scale=scale, precision=precision)  # pyright: ignore[reportArgumentType]


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), about -14 to 14."""
    held = np.clip(probabilities, CLIP, 1 - CLIP)
    return np.log(held / (1 - held))
