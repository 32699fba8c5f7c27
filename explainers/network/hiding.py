"""Methods that hide parts of a picture and see how the scores change; all classes of a picture share the passes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from domain.errors import ExplanationError
from domain.explanation import Region, RGBImage
from domain.progress import PartOf, Report, ignore_progress
from explainers.base import BatchExplainer, Saliency, ScoresImages, ScoresPixels, Subject
from explainers.checks import check_map
from explainers.network.chunks import is_out_of_memory
from explainers.network.class_regions import explain_regions
from explainers.network.class_scores import ClassScores, class_scores
from explainers.network.masked_scores import MaskedScores
from explainers.reasons import why_no_scores
from explainers.targets import group_by_picture, index_of_class

Answer = Saliency | ExplanationError


@dataclass(frozen=True, slots=True)
class Maps:
    """What a method found on one picture.

    Attributes:
        values: (classes asked, h, w), signed.
        scored: What the maps were made from.
        warnings: One tuple of full sentences per class asked, beside those of `scored`; empty for none.
    """

    values: NDArray[np.float64]
    scored: MaskedScores
    warnings: Sequence[tuple[str, ...]] = ()


class HidingExplainer(BatchExplainer):
    """A method that needs nothing but the scores of pictures with hidden parts.

    Attributes:
        scale: A `Scale`: what is explained.
        precision: A `Precision`.
        source: Where the values come from, to follow "in" in a sentence.
        remedy: What to try when a map says nothing, a full sentence.
    """

    shares_passes: ClassVar[bool] = True
    source: ClassVar[str]
    remedy: ClassVar[str]
    scale: str
    precision: str

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_scores(model, cls.title)

    @abstractmethod
    def look(self, scores: ClassScores, crop: RGBImage, *, seed: int, report: Report) -> Maps:
        """Make the maps of the classes that `scores` gives.

        Args:
            scores: Of the classes asked.
            crop: (h, w, 3), what the network sees.
            seed: Same seed, same machine: same bytes.
            report: Told (done, total) after every few pictures; may raise `Cancelled`.

        Raises:
            ExplanationError: There is no map of any class.
        """

    def explain_each(
        self, model: object, subjects: Sequence[Subject], *, seed: int = 0, report: Report = ignore_progress
    ) -> list[Answer]:
        if isinstance(model, ScoresPixels):
            return explain_regions(self.explain_each, model, subjects, seed=seed, report=report)
        if not isinstance(model, ScoresImages) or self.why_not(model):
            return [ExplanationError(self.why_not(model)) for _ in subjects]
        classes = [index_of_class(model.info, subject.target.label) for subject in subjects]
        answers: dict[int, Answer] = {}
        pictures = group_by_picture(subjects)
        for place, numbers in enumerate(pictures):
            labels = [subjects[number].target.label for number in numbers]
            crop, region = model.crop(subjects[numbers[0]].image)
            scores = class_scores(
                model, [classes[number] for number in numbers], scale=self.scale, precision=self.precision
            )
            share = PartOf(report, place, len(pictures))
            share(0, 1)
            try:
                found = self._judge(self._look(scores, crop, seed, share), labels, region)
            except ExplanationError as error:
                found = [error] * len(numbers)
            share(1, 1)
            answers.update(zip(numbers, found, strict=True))
        return [answers[number] for number in range(len(subjects))]

    def _look(self, scores: ClassScores, crop: RGBImage, seed: int, report: Report) -> Maps:
        try:
            return self.look(scores, crop, seed=seed, report=report)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            height, width = crop.shape[:2]
            raise ExplanationError(
                f"Memory ran out with a single picture of {width} x {height} pixels.",
                remedy="Free memory, or load a smaller model.",
            ) from error

    def _judge(self, maps: Maps, labels: Sequence[str], region: Region) -> list[Answer]:
        """Return the maps that say something, which share the passes made, and why the others do not."""
        found = [self._judge_one(maps, number, label, region) for number, label in enumerate(labels)]
        shares = iter(share_evenly(maps.scored.passes, sum(isinstance(each, Saliency) for each in found)))
        return [replace(each, forward_passes=next(shares)) if isinstance(each, Saliency) else each for each in found]

    def _judge_one(self, maps: Maps, number: int, label: str, region: Region) -> Answer:
        if maps.scored.is_constant()[number]:
            return ExplanationError(f"The score of '{label}' is the same whatever is hidden.", remedy=self.remedy)
        heatmap = maps.values[number].astype(np.float32)
        try:
            check_map(heatmap, label=label, source=self.source, remedy=self.remedy)
        except ExplanationError as error:
            return error
        warnings = maps.warnings[number] if maps.warnings else ()
        return Saliency(heatmap=heatmap, region=region, warnings=(*maps.scored.warnings, *warnings))


def share_evenly(total: int, parts: int) -> list[int]:
    """Return whole numbers that differ by at most 1 and sum to `total`; none for no parts."""
    return [(total + number) // parts for number in range(parts)][::-1]
