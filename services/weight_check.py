"""Whether the maps of a method depend on what the model has learned: the weight-randomisation check."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from domain.errors import ExplanationError, ImageError, InputError, ModelError
from domain.explanation import Explanation
from domain.model_spec import ModelSpec
from domain.progress import PartOf, Report, ignore_progress
from domain.trust import Estimate, WeightCheck
from metrics.randomisation import FEWEST_IMAGES, MOST_ALIKE, complexity_rise, is_passed, marked_alike, mean_over_images
from services.explaining import Request, compute_each
from services.trust_figures import percent
from services.trust_trial import QUICK, map_cost

if TYPE_CHECKING:
    from predictors import Predictor

IMAGES = 10
IMAGES_OF_SLOW_METHODS = 5
SEEDS = (0, 1, 2)


@runtime_checkable
class HasWeights(Protocol):
    """A model that can be had with random weights instead of its own."""

    def with_random_weights(self, seed: int) -> Self:
        """Return the same model freshly initialised."""
        ...


def count_images(predictor: Predictor, request: Request) -> int:
    """Return on how many images a method is checked: fewer where each map takes long."""
    return IMAGES if map_cost(predictor, request) <= QUICK else IMAGES_OF_SLOW_METHODS


def check_weights(
    predictor: Predictor,
    spec: ModelSpec,
    requests: Sequence[Request],
    *,
    max_pixels: int,
    seeds: Sequence[int] = SEEDS,
    report: Report = ignore_progress,
) -> WeightCheck:
    """Make maps of some images with the model and with random weights, and compare them.

    Passed when the upper end of the 95 % interval of the mean rank correlation lies below 0.3: with random weights the
    method marks other parts of the picture. Not passed when the mean is 0.3 or more. Between the two it is not decided.
    See `metrics.randomisation.is_passed` for why the rise in complexity (efficient MPRT) is told beside, and does not
    decide.

    Args:
        predictor: The model.
        spec: As it was loaded.
        requests: One method with its parameters on several images, at least two.
        max_pixels: Larger images are refused.
        seeds: Of the random weights.
        report: Told how far it is.

    Raises:
        InputError: The weights of this model cannot be replaced, the method cannot explain it, or there is no image.
        ImageError: None of the images can be read.
        ExplanationError: The model itself gives no map on any of the images.
        Cancelled: A person asked to stop.
    """
    if not isinstance(predictor, HasWeights):
        raise InputError(
            f"The weights of {predictor.info.name} cannot be replaced by random ones.",
            remedy="Load the model as a checkpoint, not as a program or an address.",
        )
    if not requests:
        raise InputError(
            "There is no image on which the model finds anything.",
            remedy="Add images, or choose a model that fits them.",
        )
    count = 1 + len(seeds)
    found = compute_each(predictor, spec, requests, max_pixels=max_pixels, report=PartOf(report, 0, count))
    pairs = [(request, made) for request, made in zip(requests, found, strict=True) if isinstance(made, Explanation)]
    if not pairs:
        raise next(made for made in found if isinstance(made, ExplanationError | ImageError))
    comparison = _Comparison([made for _, made in pairs])
    for number, seed in enumerate(seeds, start=1):
        part = PartOf(report, number, count)
        randomised = predictor.with_random_weights(seed)
        comparison.add(_compute(randomised, spec, [asked for asked, _ in pairs], max_pixels, part))
    return comparison.judge(predictor.info.model_id, requests[0].method, seeds=len(seeds))


def _compute(
    predictor: Predictor, spec: ModelSpec, requests: Sequence[Request], max_pixels: int, report: Report
) -> list[Explanation | None]:
    try:
        found = compute_each(predictor, spec, requests, max_pixels=max_pixels, report=report)
    except ModelError:
        return [None] * len(requests)  # the numbers of a deep network with random weights may overflow
    return [made if isinstance(made, Explanation) else None for made in found]


@dataclass(slots=True)
class _Comparison:
    """Maps of the model, and how those of random weights differ from them, image by image."""

    own: Sequence[Explanation]
    alike: list[list[float]] = field(default_factory=list[list[float]])
    rises: list[list[float]] = field(default_factory=list[list[float]])
    vanished: int = 0

    def __post_init__(self) -> None:
        self.alike, self.rises = [[] for _ in self.own], [[] for _ in self.own]

    def add(self, randomised: Sequence[Explanation | None]) -> None:
        for place, (own, other) in enumerate(zip(self.own, randomised, strict=True)):
            if other is None:
                self.vanished += 1
                continue
            self.alike[place].append(marked_alike((own.heatmap, own.region), (other.heatmap, other.region)))
            rise = complexity_rise(own.heatmap, other.heatmap)
            self.rises[place] += [] if rise is None else [rise]

    def judge(self, model_id: str, method: str, *, seeds: int) -> WeightCheck:
        alike, rise = mean_over_images(self.alike), mean_over_images(self.rises, highest=math.inf)
        verdict = is_passed(alike, vanished=self.vanished)
        return WeightCheck(
            model_id=model_id,
            method=method,
            is_passed=verdict,
            correlation=alike,
            complexity_rise=rise,
            images=len(self.own),
            seeds=seeds,
            vanished=self.vanished,
            in_words=_in_words(verdict, alike, rise, seeds=seeds),
        )


def _in_words(verdict: bool | None, alike: Estimate | None, rise: Estimate | None, *, seeds: int) -> str:
    if alike is None:
        return "Passed: with random weights there is no map at all." if verdict else "Not decided: too few maps."
    images = "1 image" if alike.n == 1 else f"{alike.n} images"
    interval = f"95 % interval {alike.low:.2f} to {alike.high:.2f}"
    numbers = f"rank correlation {alike.value:.2f}, {interval}, {images}, {seeds} random weights each"
    if verdict is None:
        few = alike.n < FEWEST_IMAGES
        reason = "one image is too few" if few else f"the interval reaches beyond {MOST_ALIKE}"
        return f"Not decided: {reason} ({numbers})."
    if verdict:
        change = f"; its maps become {percent(abs(rise.value))} {_direction(rise)}" if rise else ""
        return f"Passed: with random weights the method marks other parts of the image ({numbers}){change}."
    reason = f"expected less than {MOST_ALIKE}, so its maps may show the image more than what was learned"
    return f"Not passed: with random weights the method marks similar parts of the image ({numbers}); {reason}."


def _direction(rise: Estimate) -> str:
    return "more complex" if rise.value >= 0 else "simpler"
