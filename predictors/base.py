"""What a predictor is: a loaded model that turns pictures into labels or objects."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from domain.errors import ModelError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Content, ModelInfo
from domain.registry import Registry


class Predictor(ABC):
    """A loaded model.

    Attributes:
        title: What the runtime is called in menus.
        caution: One sentence to show where such a model is loaded, or empty.
        info: The facts about the loaded model.
        lock: Held while hooks or gradients are on the shared module.
    """

    title: ClassVar[str]
    caution: ClassVar[str] = ""
    info: ModelInfo

    def __init__(self) -> None:
        self.lock = threading.RLock()

    @classmethod
    @abstractmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Load the model `spec` names.

        Returns:
            An instance of this class; of a subclass when what the checkpoint holds decides what the model can do.

        Raises:
            ModelError: The checkpoint, class names or architecture do not fit; the message names the difference.
        """

    @abstractmethod
    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        """Predict one content per image, in order.

        Args:
            images: (H, W, 3) uint8 each, of any and different sizes, already in the orientation the model wants.

        Returns:
            `Labels` with every class of the model, or `Instances` in fractions of the given picture, highest score
            first, with `instance_id` "p0", "p1", ...
        """

    def embed(self, images: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, D), what the model sees in each picture: the more alike two pictures, the smaller the angle.

        Args:
            images: As for `predict`.

        Raises:
            ModelError: The inside of this model cannot be reached.
            ImageError: A picture is of no use to it.
        """
        raise ModelError(
            f"The inside of {self.info.name} cannot be reached, so that it has no embeddings of {len(images)} images.",
            remedy="Load the network by its architecture and weights, or choose an order that needs no embeddings.",
        )


PREDICTORS: Registry[Predictor] = Registry("model runtime")
