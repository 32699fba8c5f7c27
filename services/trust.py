"""How far one map can be trusted, measured on the model that made it: about sixty pictures for a map."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.errors import ExplanationError
from domain.explanation import Explanation
from domain.model_spec import ModelSpec
from domain.progress import Report, ignore_progress
from domain.trust import Trust
from metrics.faithfulness import References, measure_map, measure_references
from metrics.reference_maps import coarseness_of
from services.place_figures import place_figures
from services.trust_figures import completeness_figure, faithfulness_figures, gain_in_words
from services.trust_more_maps import add_noise, compare_classes
from services.trust_trial import Outcome, Subject, Trial, count_passes, explains_absence
from services.watched import Passes

if TYPE_CHECKING:
    from predictors import Predictor

_FAINT = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured; `references` hold for every map of the same image, target and coarseness."""

    trust: Trust
    references: References | None


def measure_trust(
    predictor: Predictor,
    spec: ModelSpec,
    subject: Subject,
    *,
    max_pixels: int,
    references: References | None = None,
    is_thorough: bool = False,
    report: Report = ignore_progress,
) -> Measured:
    """Measure one map. What cannot be measured is told in `Trust.warnings`.

    Args:
        predictor: The model that made the map.
        spec: As it was loaded.
        subject: The map.
        max_pixels: Larger images are refused.
        references: Of another map of the same image, target and coarseness (`coarseness`).
        is_thorough: Also what takes many passes with this method: likeness to other classes, change under noise.
        report: Told the passes done, and about how many there are.

    Raises:
        ImageError: The image cannot be read.
        InputError: The model tells no scores, or has no such class.
        Cancelled: A person asked to stop.
    """
    started = time.perf_counter()
    passes = Passes(report, count_passes(predictor, subject.request, is_thorough=is_thorough))
    passes.add(0)
    trial = Trial(predictor, spec, subject, passes, max_pixels, is_thorough)
    trust, references = _follow_score(trial, references)
    for ask in (compare_classes, add_noise, _look_where, _complete):
        trust = _add(trust, ask(trial))
    passes.finish()
    seconds = time.perf_counter() - started
    return Measured(replace(trust, seed=subject.request.seed, forward_passes=passes.done, seconds=seconds), references)


def coarseness(explanation: Explanation) -> int:
    """Return how many cells a side random maps have that are compared with a map."""
    rows, columns = explanation.heatmap.shape
    return coarseness_of((rows, columns), is_regional=explanation.is_regional)


def _follow_score(trial: Trial, references: References | None) -> tuple[Trust, References | None]:
    """Hide and show pixels by the map, and by maps that know nothing."""
    explanation, seed = trial.subject.explanation, trial.request.seed
    watched, cells = trial.watch(), coarseness(explanation)
    if explains_absence(trial.predictor, trial.request):
        reason = "The map is about an object the model does not find, so there is no score to watch."
        return Trust((), "", cells=cells, warnings=(reason,)), references
    try:
        probe = watched.open_probe()
    except ExplanationError as error:
        return Trust((), "", cells=cells, warnings=(str(error),)), references
    own = measure_map(probe, watched.lay(explanation), seed=seed)
    known = references or measure_references(probe, cells, seed=seed)
    trust = Trust(
        tuple(faithfulness_figures(own, known)),
        gain_in_words(own, known),
        score=probe.initial,
        excess=own.gain - known.random.gain,
        centre_excess=known.centre.gain - known.random.gain,
        cells=cells,
        warnings=_warn(probe.initial, explanation),
    )
    return trust, known


def _warn(score: float, explanation: Explanation) -> tuple[str, ...]:
    warnings: list[str] = []
    if score < _FAINT:
        label = explanation.target.label
        warnings.append(f"The model gives '{label}' only {score:.3f} here, so what its score does says little.")
    part = explanation.parameters.get("part", "class")
    if part != "class":
        warnings.append(f"Insertion, deletion and removal watch the score of the object; the map explains its {part}.")
    return tuple(warnings)


def _look_where(trial: Trial) -> Outcome:
    """Ask where the evidence lies, when the map is about an object."""
    own, image = trial.request.instance, trial.request.image
    if own is None or own.box.area <= 0:
        return Outcome()
    others = [item for item in trial.subject.objects if item.instance_id != own.instance_id]
    return Outcome(place_figures(trial.subject.explanation, own, others, size=(image.width, image.height)))


def _complete(trial: Trial) -> Outcome:
    gap = trial.subject.explanation.completeness_gap
    return Outcome([completeness_figure(gap)] if gap is not None else [])


def _add(trust: Trust, found: Outcome) -> Trust:
    return replace(
        trust,
        figures=(*trust.figures, *found.figures),
        omitted=(*trust.omitted, *found.omitted),
        warnings=(*trust.warnings, *found.warnings),
    )
