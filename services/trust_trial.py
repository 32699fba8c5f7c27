"""One map under test: what is known of it, and what its method costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.explanation import Explanation
from domain.model_spec import ModelSpec
from domain.prediction import Instance
from domain.trust import Figure
from metrics.faithfulness import OWN_PICTURES, REFERENCE_PICTURES
from services.explaining import Request
from services.methods import build_method, estimate_seconds
from services.watched import Passes, Watched, watch

if TYPE_CHECKING:
    from predictors import Predictor

OTHER_CLASSES = 8
"""As many where they share their passes."""

OTHER_CLASSES_APART = 3
"""As many where each takes a pass of its own; one where it takes many."""

NOISES = 10

QUICK = 3
"""What one pass there and back costs, a backward pass counting as two forward ones."""

AFFORDABLE = OTHER_CLASSES_APART * QUICK
"""Up to this, maps of other classes are made without being asked for."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A map and what it is about.

    Attributes:
        request: What was asked for.
        explanation: What came of it.
        objects: The objects of the image, on the stored grid, the target among them or not.
    """

    request: Request
    explanation: Explanation
    objects: Sequence[Instance] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """A subject, the model that made the map, and how much may be spent on it."""

    predictor: Predictor
    spec: ModelSpec
    subject: Subject
    passes: Passes
    max_pixels: int
    is_thorough: bool

    @property
    def request(self) -> Request:
        return self.subject.request

    def watch(self) -> Watched:
        return watch(self.predictor, self.spec, self.request, self.passes, max_pixels=self.max_pixels)

    def affords_likeness(self) -> bool:
        return self.is_thorough or likeness_cost(self.predictor, self.request) <= AFFORDABLE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question about a map brought; see `domain.trust.Trust`."""

    figures: Sequence[Figure] = ()
    omitted: Sequence[str] = ()
    warnings: Sequence[str] = ()


def map_cost(predictor: Predictor, request: Request) -> int:
    """Return what one map costs, in forward passes."""
    return round(estimate_seconds(predictor, request.method, 1.0, request.parameters))


def other_classes_for(predictor: Predictor, request: Request) -> int:
    """Return with how many other classes a map is compared."""
    count = OTHER_CLASSES_APART if map_cost(predictor, request) <= QUICK else 1
    if _shares_passes(predictor, request):
        count = OTHER_CLASSES
    return min(count, len(set(predictor.info.classes)) - 1)


def likeness_cost(predictor: Predictor, request: Request) -> int:
    """Return what the maps of other classes cost, in forward passes."""
    maps = 1 if _shares_passes(predictor, request) else other_classes_for(predictor, request)
    return maps * map_cost(predictor, request)


def count_passes(predictor: Predictor, request: Request, *, is_thorough: bool = False) -> int:
    """Return about how many forward passes `trust.measure_trust` takes, a backward pass counting as two."""
    likeness = likeness_cost(predictor, request)
    if not is_thorough:
        return OWN_PICTURES + REFERENCE_PICTURES + (likeness if likeness <= AFFORDABLE else 0)
    noise = (NOISES + 1) * map_cost(predictor, request)
    return OWN_PICTURES + REFERENCE_PICTURES + likeness + noise


def explains_absence(predictor: Predictor, request: Request) -> bool:
    """Whether maps of the method say why an object was not found."""
    return type(build_method(predictor, request.method, request.parameters or {})).explains_absence


def _shares_passes(predictor: Predictor, request: Request) -> bool:
    return type(build_method(predictor, request.method, request.parameters or {})).shares_passes
