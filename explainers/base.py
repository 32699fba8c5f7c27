"""What an explanation method is, and what it asks of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.errors import ExplanationError
from domain.explanation import Heatmap, Region, RGBImage, Target
from domain.prediction import Instance, ModelInfo
from domain.progress import PartOf, Report, ignore_progress
from domain.registry import Registry


@runtime_checkable
class ScoresImages(Protocol):
    """A classifier seen from outside: pictures in, probabilities out."""

    @property
    def info(self) -> ModelInfo: ...

    def crop(self, image: RGBImage) -> tuple[RGBImage, Region]:
        """Return what the network sees before normalisation, (h, w, 3) uint8, and where that lies on `image`."""
        ...

    def scores(self, crops: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, C) probabilities of N crops of the network's input size, classes in the order of `info`."""
        ...


@runtime_checkable
class GivesGradients(ScoresImages, Protocol):
    """A classifier whose inside can be hooked and differentiated."""

    @property
    def module(self) -> nn.Module:
        """The network, in evaluation mode. Forward: (N, 3, h, w) normalised -> (N, C) logits."""
        ...

    def normalise(self, crops: Sequence[RGBImage]) -> Tensor:
        """Return (N, 3, h, w) float32 on the network's device, ready for `module`."""
        ...


@runtime_checkable
class DetectsObjects(Protocol):
    """A torchvision detector (R-CNN family, RetinaNet, FCOS or SSD) whose inside can be hooked."""

    @property
    def info(self) -> ModelInfo: ...

    @property
    def detector(self) -> nn.Module:
        """The torchvision detector, in evaluation mode. Forward: [(3, H, W) in [0, 1]] -> [{boxes, labels, scores}]."""
        ...

    def to_input(self, image: RGBImage) -> Tensor:
        """Return (3, H, W) float32 in [0, 1] on the network's device."""
        ...

    def class_index(self, label: str) -> int:
        """Return the network's own index of a class, background included."""
        ...


@runtime_checkable
class ScoresPixels(Protocol):
    """A semantic segmentation model seen from outside: the probability of every class at every pixel."""

    @property
    def info(self) -> ModelInfo: ...

    def crop(self, image: RGBImage) -> tuple[RGBImage, Region]:
        """Return what the network sees before normalisation, (h, w, 3) uint8, and where that lies on `image`."""
        ...

    def pixel_scores(self, crops: Sequence[RGBImage]) -> NDArray[np.float32]:
        """Return (N, C, h', w') probabilities of N crops of one size; C is 1 for a class that is there or not."""
        ...

    def class_index(self, label: str) -> int:
        """Return the network's own index of a class, background included."""
        ...


@runtime_checkable
class GivesPixelGradients(ScoresPixels, Protocol):
    """A semantic segmentation model whose inside can be hooked and differentiated."""

    feature_layer: str
    """Which layer class activation maps look at, empty when unknown."""

    @property
    def pixel_network(self) -> nn.Module:
        """The network, in evaluation mode. Forward: (N, 3, h, w) normalised -> (N, C, h', w') logits."""
        ...

    def normalise(self, crops: Sequence[RGBImage]) -> Tensor:
        """Return (N, 3, h, w) float32 on the network's device, ready for `pixel_network`."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What is explained, and on which picture.

    Attributes:
        image: (H, W, 3) uint8, in the orientation the model wants. Subjects of one picture hold the same array.
        target: The class, and the object when the model is a detector.
        instance: The object named by `target`, in fractions of `image`.
    """

    image: RGBImage
    target: Target
    instance: Instance | None = None


@dataclass(frozen=True, slots=True)
class Saliency:
    """What a method computed; the service adds whose it is and how long it took.

    Attributes:
        heatmap: (h, w) float32, raw and signed, on the method's own grid.
        region: Where the grid lies on the picture given. A layer's last row and column may hang over the edge of the
            picture, so that the region ends a little beyond 1.
        layer: The hooked layer, or empty.
        forward_passes: Images pushed through the network.
        backward_passes: Images whose gradient was computed.
        completeness_gap: For integrated gradients, the share of the change in the score that the map misses.
        warnings: What a reader should know, full sentences.
    """

    heatmap: Heatmap
    region: Region = field(default_factory=Region)
    layer: str = ""
    forward_passes: int = 0
    backward_passes: int = 0
    completeness_gap: float | None = None
    warnings: tuple[str, ...] = ()


class Explainer(ABC):
    """One explanation method; the dataclass fields of a subclass are its parameters.

    Each field carries its help text and limits in `field(metadata={"help": ..., "min": ..., "max": ...})`; menus,
    forms, the command line and the contract tests read them from there.

    Attributes:
        title: Name in menus.
        summary: One sentence for a person choosing a method.
        paper: Where the method is described.
        version: Raised when the same parameters give another map; part of the cache key.
        is_regional: Maps keep the edges of regions when they are drawn.
        shares_passes: All targets of one picture cost about as much as one.
        explains_absence: The map answers why an object was not found, not why one was.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]
    version: ClassVar[int] = 1
    is_regional: ClassVar[bool] = False
    shares_passes: ClassVar[bool] = False
    explains_absence: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def why_not(cls, model: object) -> str:
        """Return why this method cannot explain `model`, a full sentence, or "" when it can."""

    @abstractmethod
    def passes(self, model: object) -> tuple[int, int]:
        """Return about how many (forward, backward) passes one map takes, for the time estimate."""

    def pass_cost(self, model: object) -> float:  # noqa: ARG002 - the same for most methods
        """Return what one of its passes costs where one of the model's own costs 1: less for smaller pictures."""
        return 1.0

    @abstractmethod
    def explain(
        self,
        model: object,
        image: RGBImage,
        target: Target,
        *,
        instance: Instance | None = None,
        seed: int = 0,
        report: Report = ignore_progress,
    ) -> Saliency:
        """Compute the map of `target` on `image`.

        Args:
            model: Satisfies the protocol the method asks for.
            image: (H, W, 3) uint8, in the orientation the model wants.
            target: The class, and the object when the model is a detector.
            instance: The object named by `target`, in fractions of `image`.
            seed: Same seed, same machine: same bytes.
            report: Told (done, total) now and then; may raise `Cancelled`.

        Raises:
            ExplanationError: There is no map, or it says nothing (constant, not finite, no positive evidence).
        """

    def explain_each(
        self, model: object, subjects: Sequence[Subject], *, seed: int = 0, report: Report = ignore_progress
    ) -> list[Saliency | ExplanationError]:
        """Compute the map of every subject, in order; what says nothing is the error that `explain` would raise.

        The passes of each map are its own share: those of all maps together are the passes made.

        Raises:
            InputError: The model has no such class.
            Cancelled: `report` asked to stop.
        """
        found: list[Saliency | ExplanationError] = []
        for number, subject in enumerate(subjects):
            share = PartOf(report, number, len(subjects))
            try:
                made = self.explain(
                    model, subject.image, subject.target, instance=subject.instance, seed=seed, report=share
                )
            except ExplanationError as error:
                found.append(error.with_traceback(None))  # its frames hold on to pictures and tensors
            else:
                found.append(made)
        return found


class BatchExplainer(Explainer):
    """A method that makes several maps with less work than one by one: it shares passes, or takes many at once."""

    def explain(
        self,
        model: object,
        image: RGBImage,
        target: Target,
        *,
        instance: Instance | None = None,
        seed: int = 0,
        report: Report = ignore_progress,
    ) -> Saliency:
        [found] = self.explain_each(model, [Subject(image, target, instance)], seed=seed, report=report)
        if isinstance(found, ExplanationError):
            raise found
        return found

    @abstractmethod
    def explain_each(
        self, model: object, subjects: Sequence[Subject], *, seed: int = 0, report: Report = ignore_progress
    ) -> list[Saliency | ExplanationError]: ...


EXPLAINERS: Registry[Explainer] = Registry("explanation method")
