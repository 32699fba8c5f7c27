"""Maps of classes on whole pictures: one forward pass a picture, one backward pass a class, many pictures at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import ClassVar

import torch
from torch import Tensor, nn

from domain.errors import ExplanationError
from domain.explanation import Region, RGBImage
from domain.progress import Report, ignore_progress
from explainers.base import BatchExplainer, GivesGradients, Saliency, ScoresPixels, Subject
from explainers.checks import check_map
from explainers.network.chunks import is_out_of_memory, run_in_chunks
from explainers.network.class_regions import explain_regions
from explainers.network.hooks import borrowed
from explainers.reasons import why_no_gradients
from explainers.targets import index_of_class

PIXELS = 224 * 224
PICTURES_AT_ONCE = {"cpu": 16, "cuda": 128}
"""Of 224 x 224 pixels, when the graph begins late in the network; with one thread torch convolves 16 faster than 15."""
PICTURES_WITH_GRAPH = {"cpu": 4, "cuda": 32}
"""Of 224 x 224 pixels, when the graph begins at the picture: 4 of them take about 0.5 GB in ResNet-50."""


@dataclass(frozen=True, slots=True)
class ClassMap:
    """What a method made of one class on one picture, unchecked.

    Attributes:
        values: (h, w) signed.
        source: Where the values come from, to follow "in" in a sentence.
        layer: The hooked layer, or empty.
        made_from: A map that must hold evidence for this one to mean anything.
        warnings: What a reader should know, full sentences.
    """

    values: Tensor
    source: str
    layer: str = ""
    made_from: ClassMap | None = None
    warnings: tuple[str, ...] = ()

    def check(self, label: str, remedy: str) -> None:
        """Raise an ExplanationError if the map, or what it is made from, says nothing."""
        if self.made_from is not None:
            self.made_from.check(label, remedy)
        check_map(self.values.float().cpu().numpy(), label=label, source=self.source, remedy=remedy)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture as the network sees it, and what is asked about it.

    Attributes:
        numbers: Of the subjects.
        classes: Their positions among the network's outputs.
    """

    crop: RGBImage
    region: Region
    numbers: list[int] = field(default_factory=list[int])
    classes: list[int] = field(default_factory=list[int])


class ClassExplainer(BatchExplainer):
    """A method that explains the logit of a class by its gradient.

    Never the probability: once a softmax is nearly 1 its gradient vanishes, and so does the map.

    Attributes:
        remedy: What to try when a map says nothing, a full sentence.
        gradients: Backward passes that one class takes.
        at_once: Kind of device -> pictures of 224 x 224 pixels that go through the network together.
    """

    remedy: ClassVar[str] = "Try another class, or a method that looks at pixels such as XRAI or LIME."
    gradients: ClassVar[int] = 1
    at_once: ClassVar[Mapping[str, int]] = PICTURES_AT_ONCE

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_gradients(model, cls.title)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return 1, self.gradients

    @abstractmethod
    def look(self, network: nn.Module, inputs: Tensor, classes: Sequence[Sequence[int]]) -> list[list[ClassMap]]:
        """Make the maps of some pictures in one forward pass.

        Args:
            network: In evaluation mode, its parameters frozen.
            inputs: (N, 3, h, w), ready for the network.
            classes: For each picture, the positions of the classes asked.

        Returns:
            For each picture, the map of each of its classes.
        """

    def explain_each(
        self,
        model: object,
        subjects: Sequence[Subject],
        *,
        seed: int = 0,
        report: Report = ignore_progress,
    ) -> list[Saliency | ExplanationError]:
        if isinstance(model, ScoresPixels):
            return explain_regions(self.explain_each, model, subjects, seed=seed, report=report)
        reason = self.why_not(model)
        if reason or not isinstance(model, GivesGradients):
            return [ExplanationError(reason)] * len(subjects)
        found: dict[int, Saliency | ExplanationError] = {}
        pictures = _gather(model, subjects)
        labels = [subject.target.label for subject in subjects]
        report(0, len(subjects))
        for _, group in groupby(pictures, key=lambda picture: picture.crop.shape):
            self._explain_pictures(model, list(group), labels, found, report)
        return [found[number] for number in range(len(subjects))]

    def _explain_pictures(
        self,
        model: GivesGradients,
        pictures: list[_Picture],
        labels: list[str],
        found: dict[int, Saliency | ExplanationError],
        report: Report,
    ) -> None:
        """Explain pictures of one size, a few at once."""

        def explain(part: slice) -> None:
            found.update(self._explain_part(model, pictures[part], labels))
            report(len(found), len(labels))

        height, width = pictures[0].crop.shape[:2]
        device = next(model.module.parameters(), torch.empty(0)).device
        at_once = self.at_once.get(device.type, self.at_once["cpu"]) * PIXELS // (height * width)
        at_once = min(at_once, getattr(model, "pictures_at_once", at_once))
        numbers = [number for picture in pictures for number in picture.numbers]
        try:
            notes = run_in_chunks(len(pictures), max(1, at_once), explain)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            refusal = _too_large(pictures[0])
            found.update({number: refusal for number in numbers if number not in found})
            report(len(found), len(labels))
        else:
            found.update({number: _add_notes(found[number], notes) for number in numbers})

    def _explain_part(
        self, model: GivesGradients, pictures: list[_Picture], labels: list[str]
    ) -> dict[int, Saliency | ExplanationError]:
        try:
            with borrowed(model, model.module) as network:
                inputs = model.normalise([picture.crop for picture in pictures])
                maps = self.look(network, inputs, [picture.classes for picture in pictures])
        except ExplanationError as error:
            return {number: error for picture in pictures for number in picture.numbers}
        return {
            number: self._judge(made, labels[number], picture.region, is_first=number == picture.numbers[0])
            for picture, of_picture in zip(pictures, maps, strict=True)
            for number, made in zip(picture.numbers, of_picture, strict=True)
        }

    def _judge(self, made: ClassMap, label: str, region: Region, *, is_first: bool) -> Saliency | ExplanationError:
        """Return the map if it says anything; the first class of a picture bears its forward pass."""
        try:
            made.check(label, self.remedy)
        except ExplanationError as error:
            return error
        return Saliency(
            heatmap=made.values.float().cpu().numpy(),
            region=region,
            layer=made.layer,
            forward_passes=int(is_first),
            backward_passes=self.gradients,
            warnings=made.warnings,
        )


def scores_in_turn(logits: Tensor, classes: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Tensor]]:
    """Yield the logits to differentiate: of each picture its first class, then its second where it has one, ...

    The rows of a network in evaluation mode do not influence each other, so that one backward pass from the sum serves
    all pictures of a turn.

    Args:
        logits: (N, C).
        classes: For each of the N pictures, the positions of the classes asked.

    Yields:
        The rows that have a class in this turn, and the sum of its logits.
    """
    for turn in range(max(map(len, classes), default=0)):
        rows = [row for row, asked in enumerate(classes) if turn < len(asked)]
        yield rows, logits[rows, [classes[row][turn] for row in rows]].sum()


def _add_notes(made: Saliency | ExplanationError, notes: tuple[str, ...]) -> Saliency | ExplanationError:
    return made if isinstance(made, ExplanationError) else replace(made, warnings=(*made.warnings, *notes))


def _gather(model: GivesGradients, subjects: Sequence[Subject]) -> list[_Picture]:
    """Return every picture once, with the classes asked about it, in order of size and appearance."""
    pictures: dict[int, _Picture] = {}
    for number, subject in enumerate(subjects):
        index = index_of_class(model.info, subject.target.label)
        key = id(subject.image)
        if key not in pictures:
            pictures[key] = _Picture(*model.crop(subject.image))
        pictures[key].numbers.append(number)
        pictures[key].classes.append(index)
    return sorted(pictures.values(), key=lambda picture: picture.crop.shape)


def _too_large(picture: _Picture) -> ExplanationError:
    height, width = picture.crop.shape[:2]
    return ExplanationError(
        f"Memory ran out with a single picture of {width} x {height} pixels.",
        remedy="Free memory, load a smaller model, or use a method that needs no gradients, such as LIME.",
    )
