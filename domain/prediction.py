"""What a model or a person says about an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.geometry import Box, Segment


class Task(StrEnum):
    """The four tasks, by the names Azure AutoML for Images gives them."""

    CLASSIFICATION = "image_classification"
    MULTILABEL = "image_classification_multilabel"
    DETECTION = "image_object_detection"
    SEGMENTATION = "image_instance_segmentation"

    @property
    def in_words(self) -> str:
        """The task in words, for screens."""
        return _TITLES[self]

    @property
    def has_objects(self) -> bool:
        """Whether the labels are boxes or polygons rather than class names."""
        return self in {Task.DETECTION, Task.SEGMENTATION}


_TITLES = {
    Task.CLASSIFICATION: "multi-class classification",
    Task.MULTILABEL: "multi-label classification",
    Task.DETECTION: "object detection",
    Task.SEGMENTATION: "instance segmentation",
}


@dataclass(frozen=True, slots=True)
class Labels:
    """Class names of a whole image.

    Attributes:
        scores: Class name -> probability in [0, 1]. A given label has probability 1, and only the classes that
            are present are listed; a prediction lists every class of the model.
    """

    scores: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.scores)

    def top(self, count: int = 1) -> list[tuple[str, float]]:
        """The `count` most probable classes, highest first."""
        return sorted(self.scores.items(), key=lambda item: -item[1])[:count]


@dataclass(frozen=True, slots=True)
class Instance:
    """One object on an image.

    Attributes:
        instance_id: Stable for life; decisions and targets name it.
        label: Class name.
        box: Fractions of the stored pixel grid.
        score: Probability in [0, 1], or None for a label.
        polygons: Rings of a mask; empty for a plain box.
        is_crowd: A group that metrics leave out; None when the source does not say.
    """

    instance_id: str
    label: str
    box: Box
    score: float | None = None
    polygons: tuple[Segment, ...] = ()
    is_crowd: bool | None = None


@dataclass(frozen=True, slots=True)
class Instances:
    """The objects of one image, in source order. Empty means: looked, and there is nothing."""

    items: tuple[Instance, ...] = ()

    def find(self, instance_id: str) -> Instance | None:
        return next((item for item in self.items if item.instance_id == instance_id), None)


Content = Labels | Instances


def class_names(content: Content | None) -> list[str]:
    """The class of every object, or every class of the image."""
    if content is None:
        return []
    return [item.label for item in content.items] if isinstance(content, Instances) else list(content.scores)


def count_things(content: Content | None) -> int:
    """Objects or classes of an image."""
    return len(class_names(content))


def join_contents(contents: Iterable[Content]) -> Content | None:
    """What several lines about one image say together: all objects, or the classes of the last (formats.md 1.1)."""
    last: Content | None = None
    for content in contents:
        if isinstance(last, Instances) and isinstance(content, Instances):
            last = Instances(last.items + content.items)
        else:
            last = content
    return last


def lowest_score(content: Content | None, *, threshold: float) -> float | None:
    """How sure a model is of the least sure thing it shows; None when it shows nothing."""
    if content is None:
        return None
    if isinstance(content, Instances):
        shown = [item.score for item in content.items if item.score is not None and item.score >= threshold]
        return min(shown, default=None)
    return max(content.scores.values(), default=None)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one model says about one image."""

    image_id: str
    model_id: str
    output: Content
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """What a label source says about one image. `source` names the file and the line."""

    image_id: str
    source: str
    content: Content


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The facts about a loaded model.

    Attributes:
        model_id: Stable name of this model with these weights, e.g. "torchvision/resnet18@3f2a9c01".
        name: What a person calls it, e.g. "torchvision/resnet18".
        version: Checkpoint file name or weights name.
        task: What it predicts.
        classes: Names in output order.
        input_size: (height, width) fed to the network, or None when it takes any size.
        runtime: Registry name of the predictor, e.g. "torchvision".
        weights_sha256: Hex digest of the checkpoint.
        notes: Cautions to show where the model is loaded, full sentences.
    """

    model_id: str
    name: str
    version: str
    task: Task
    classes: tuple[str, ...]
    input_size: tuple[int, int] | None
    runtime: str
    weights_sha256: str
    notes: tuple[str, ...] = ()
