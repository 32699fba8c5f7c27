"""A loaded semantic segmentation model: the class of every pixel, and objects made of its regions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.explanation import Region, RGBImage
from domain.prediction import Content, ModelInfo
from predictors.base import Predictor
from predictors.class_names import name_object_outputs, number_classes
from predictors.class_regions import ClassMap, find_regions, read_class_map
from predictors.logits import check_logits
from predictors.preprocessing import Preprocessing
from predictors.random_weights import draw_network

CAUTION = (
    "A semantic model names the class of every pixel: each connected region of a class is shown as one object, so that "
    "things of one class that touch come as one."
)

TRIAL_SIDE = 224
"""Of the pictures that random weights are settled on."""


class PixelScorer(Predictor):
    """A semantic model seen from outside: `explainers.base.ScoresPixels`, and nothing more."""

    def __init__(
        self,
        network: Any,
        *,
        info: ModelInfo,
        preprocessing: Preprocessing,
        device: torch.device,
        outputs: Mapping[int, str],
        gives_probabilities: bool = False,
    ) -> None:
        """Take over a network.

        Args:
            network: Forward: (N, 3, h, w) normalised -> (N, C, h', w') logits, or probabilities. With one output a
                sigmoid gives the probability of the only class, else a softmax that of every class.
            info: Its facts.
            preprocessing: From a picture to the network's input.
            device: Where the network lies.
            outputs: The network's own index -> class name; a background is left out.
            gives_probabilities: The network answers probabilities already.
        """
        super().__init__()
        self.info = info
        self.preprocessing = preprocessing
        self.outputs = dict(outputs)
        self._indices = {name: index for index, name in self.outputs.items()}
        self._network = network
        self._device = device
        self._gives_probabilities = gives_probabilities

    def crop(self, image: RGBImage) -> tuple[RGBImage, Region]:
        """Return what the network sees before normalisation, (h, w, 3) uint8, and where that lies on `image`."""
        return self.preprocessing.crop_image(image)

    def class_index(self, label: str) -> int:
        """Return the network's own index of a class, background included."""
        return self._indices[label]

    def pixel_scores(self, crops: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, C, h', w') probabilities of N crops of one size, on the network's own output grid.

        Raises:
            ModelError: The network gives values that are not finite, or not one per class and pixel.
        """
        with self.lock, torch.inference_mode():
            return np.concatenate([self._score(crop).cpu().numpy() for crop in crops])

    def probabilities(self, image: RGBImage) -> NDArray[np.float32]:
        """Return (C, H, W) probabilities on the pixel grid of `image`."""
        crop, _ = self.crop(image)
        with self.lock, torch.inference_mode():
            scores = self._score(crop)
            size = (image.shape[0], image.shape[1])
            if scores.shape[-2:] != size:
                scores = nn.functional.interpolate(scores, size=size, mode="bilinear", align_corners=False)
            return scores[0].cpu().numpy()

    def class_map(self, image: RGBImage) -> ClassMap:
        """Return the class of every pixel of `image`."""
        return read_class_map(self.probabilities(image))

    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        """Return the regions of each picture as objects, highest mean probability first."""
        return [find_regions(self.class_map(image), self.outputs) for image in images]

    def _score(self, crop: RGBImage) -> Tensor:
        logits = self._network(self.preprocessing.normalise([crop], device=self._device)).float()
        self._check(logits)
        if self._gives_probabilities:
            return logits.clamp(0, 1)
        return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)

    def _check(self, logits: Tensor) -> None:
        least = max(self.outputs) + 1
        fits = logits.ndim == 4 and len(logits) == 1 and logits.shape[1] >= least
        check_logits(logits, fits=fits, expected=f"(1, {least}, h, w) or more classes", where=self.info.name)


def name_pixel_outputs(names: Sequence[str], count: int, *, where: str) -> dict[int, str]:
    """Pair the outputs of a semantic network with names; output 0 of several is the background unless a name says more.

    Args:
        names: With or without a first name for the background; empty to number them.
        count: Outputs of the network.
        where: Where the names come from.

    Raises:
        ModelError: There are more or fewer names than outputs.
    """
    if not names:
        return number_classes(range(min(1, count - 1), count))
    return name_object_outputs(names, count, uses_output_0=True, where=where)


def are_probabilities(answer: Tensor) -> bool:
    """Whether (N, C, ...) numbers look like probabilities: of one class from 0 to 1, of several with the sum 1."""
    if bool((answer < 0).any()) or bool((answer > 1).any()):
        return False
    return answer.shape[1] == 1 or bool(((answer.float().sum(dim=1) - 1).abs() < 1e-3).all())


class SemanticModel(PixelScorer):
    """A semantic model whose inside can be hooked and differentiated: `explainers.base.GivesPixelGradients`."""

    def __init__(self, network: nn.Module, *, feature_layer: str = "", **facts: Any) -> None:
        """Take over a network.

        Args:
            network: See `PixelScorer`; a module.
            feature_layer: The layer that class activation maps look at, such as the last one of the encoder; empty
                when unknown.
            **facts: See `PixelScorer`.
        """
        super().__init__(network.to(facts["device"]).eval(), **facts)
        self.feature_layer = feature_layer

    @property
    def pixel_network(self) -> nn.Module:
        """The network, in evaluation mode. Forward: (N, 3, h, w) normalised -> (N, C, h', w')."""
        return self._network

    def normalise(self, crops: Sequence[RGBImage]) -> Tensor:
        """Return (N, 3, h, w) float32 on the network's device, ready for `pixel_network`."""
        return self.preprocessing.normalise(crops, device=self._device)


class SemanticNetwork(SemanticModel):
    """A semantic model of which there can be another one with random weights."""

    def __init__(self, network: nn.Module, *, build: Callable[[], nn.Module], **facts: Any) -> None:
        """Take over a network; `build` makes another one like it with random weights, on the CPU."""
        super().__init__(network, **facts)
        self._build = build

    def with_random_weights(self, seed: int) -> Self:
        """Return the same model freshly initialised: what a faithful map must differ from (Adebayo et al. 2018)."""
        return type(self)(
            draw_network(self._build, seed, (TRIAL_SIDE, TRIAL_SIDE)),
            info=replace(self.info, model_id=f"{self.info.model_id}~random{seed}", weights_sha256=""),
            preprocessing=self.preprocessing,
            device=self._device,
            outputs=self.outputs,
            build=self._build,
            feature_layer=self.feature_layer,
        )


class PixelAnswer(nn.Module):
    """A network of which only the answer for the pixels is wanted: torchvision's networks answer a dictionary."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        return self.network(pictures)["out"]
