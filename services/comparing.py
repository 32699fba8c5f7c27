"""Two answers side by side: two models, or two methods, on the same images; where labels agree but evidence differs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain.explanation import Explanation, Target
from domain.geometry import intersection_over_union
from domain.prediction import Content, Instance, Instances, Labels
from domain.progress import PartOf, Report
from domain.project import ImageState, Project
from executors.local import Job
from metrics.map_agreement import MapAgreement, compare_maps
from services import map_cache
from services.browsing import load_states
from services.explaining import Model, Request
from services.scoring import load_model, score_project
from services.shown import above_threshold
from services.workspace import Workspace
from store import predictions

if TYPE_CHECKING:
    from domain.prediction import ModelInfo

_TOGETHER = 8
_SAME_PLACE = 0.5


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared."""

    model_id: str
    method: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side says about an image.

    Attributes:
        target: What its map explains; None where it says nothing, or was not asked.
        instance: The object, for a detector.
        score: Of the class or object.
    """

    target: Target | None = None
    instance: Instance | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """An image with both answers.

    Attributes:
        state: The image.
        answers: Of the first and of the second side.
        is_same_label: Whether both say the same class; None where one says nothing.
        overlap: Of the strongest fifths of their maps, 0 to 1; None until both are computed.
    """

    state: ImageState
    answers: tuple[Answer, Answer]
    is_same_label: bool | None
    overlap: float | None


def list_loadable(workspace: Workspace, project: Project) -> list[ModelInfo]:
    """The models of a project that can be run, the active one first."""
    with workspace.read() as connection:
        stored = predictions.list_models(connection, project.project_id)
    infos = [model.info for model in stored if model.spec is not None]
    return sorted(infos, key=lambda info: info.model_id != project.model_id)


def compare_images(
    workspace: Workspace, project: Project, sides: tuple[Side, Side], models: tuple[Model, Model]
) -> list[Compared]:
    """Return every readable image with what is known of both answers; nothing is computed here.

    First come those where both say the same and look elsewhere, by how little their maps overlap; then those that say
    different things; at the end those without two maps.
    """
    compared: list[Compared] = []
    for state, answers in _pair_states(workspace, project, sides):
        one, other = (answer.target.label if answer.target else None for answer in answers)
        files = [
            _map_file(workspace, project, state, side=side, model=model, answer=answer)
            for side, model, answer in zip(sides, models, answers, strict=True)
        ]
        is_same = one == other if one is not None and other is not None else None
        compared.append(Compared(state, answers, is_same, _overlap_of(files)))
    return sorted(compared, key=_rank)


def find_maps(
    workspace: Workspace,
    project: Project,
    sides: tuple[Side, Side],
    models: tuple[Model, Model],
    compared: Compared,
) -> tuple[list[Explanation | None], MapAgreement | None]:
    """Return the maps of both sides for an image, and how far they agree when both are there."""
    found = [
        map_cache.find_cached(workspace, *model, _request(compared.state, side, answer), project_id=project.project_id)
        if answer.target
        else None
        for side, model, answer in zip(sides, models, compared.answers, strict=True)
    ]
    one, other = found
    return found, compare_maps(one, other) if one and other else None


def start_comparison(workspace: Workspace, project: Project, sides: tuple[Side, Side]) -> Job:
    """Predict what either model was not asked yet, and compute the maps of both sides for all images."""

    def work(report: Report) -> None:
        stages = 2 * len(sides)
        models: list[Model] = []
        for number, side in enumerate(sides):
            models.append(load_model(workspace, project.project_id, side.model_id))
            score_project(workspace, project.project_id, model_id=side.model_id, report=PartOf(report, number, stages))
        pairs = _pair_states(workspace, project, sides)
        for number, (side, model) in enumerate(zip(sides, models, strict=True)):
            requests = [_request(state, side, answers[number]) for state, answers in pairs if answers[number].target]
            _explain_all(workspace, project, model, requests, PartOf(report, len(sides) + number, stages))

    return workspace.jobs.submit(comparison_key(project, sides), work, title="Comparing", unit="steps")


def comparison_key(project: Project, sides: tuple[Side, Side]) -> Hashable:
    return ("compare", project.project_id, sides)


def _explain_all(
    workspace: Workspace, project: Project, model: Model, requests: Sequence[Request], report: Report
) -> None:
    groups = [requests[first : first + _TOGETHER] for first in range(0, len(requests), _TOGETHER)]
    for number, group in enumerate(groups):
        share = PartOf(report, number, len(groups))
        map_cache.explain_each(workspace, *model, group, project_id=project.project_id, report=share)
        share(1, 1)


def _pair_states(
    workspace: Workspace, project: Project, sides: tuple[Side, Side]
) -> list[tuple[ImageState, tuple[Answer, Answer]]]:
    one, other = (load_states(workspace, replace(project, model_id=side.model_id)) for side in sides)
    return [
        (first, _pair(first.prediction, second.prediction, project))
        for first, second in zip(one, other, strict=True)
        if first.image.is_readable
    ]


def _pair(one: Content | None, other: Content | None, project: Project) -> tuple[Answer, Answer]:
    """For classes each side's best; for objects the best of the first, and what the second finds at its place."""
    if isinstance(one, Labels) or isinstance(other, Labels):
        return _best_class(one), _best_class(other)
    first, second = above_threshold(one, project), above_threshold(other, project)
    items = sorted(first.items, key=lambda item: -(item.score or 0)) if isinstance(first, Instances) else []
    if not items:
        return Answer(), Answer()
    return _object(items[0]), _partner(items[0], second)


def _best_class(content: Content | None) -> Answer:
    if not isinstance(content, Labels):
        return Answer()
    [(name, score)] = content.top(1)
    return Answer(Target(name), None, score)


def _partner(item: Instance, content: Content | None) -> Answer:
    others = content.items if isinstance(content, Instances) else ()
    overlaps = [(intersection_over_union(item.box, other.box), other) for other in others]
    near = [(other.label == item.label, overlap, other) for overlap, other in overlaps if overlap >= _SAME_PLACE]
    return _object(max(near, key=lambda found: found[:2])[2]) if near else Answer()


def _object(item: Instance) -> Answer:
    return Answer(Target(item.label, item.instance_id), item, item.score)


def _request(state: ImageState, side: Side, answer: Answer) -> Request:
    return Request(state.image, answer.target or Target(""), side.method, answer.instance)


def _map_file(
    workspace: Workspace, project: Project, state: ImageState, *, side: Side, model: Model, answer: Answer
) -> Path | None:
    if answer.target is None:
        return None
    key = map_cache.key_of(*model, _request(state, side, answer))
    file = map_cache.file_of(workspace, project.project_id, key)
    return file if file.exists() else None


_overlaps: dict[tuple[Path, Path], float | None] = {}
"""Files of two maps -> their overlap: the name of a file says everything its map depends on."""


def _overlap_of(files: Sequence[Path | None]) -> float | None:
    one, other = files
    if one is None or other is None:
        return None
    if (one, other) not in _overlaps:
        agreement = compare_maps(map_cache.load_explanation(one), map_cache.load_explanation(other))
        _overlaps[one, other] = agreement.overlap if agreement else None
    return _overlaps[one, other]


def _rank(compared: Compared) -> tuple[int, float]:
    if compared.overlap is None:
        return (2, 0.0)
    return (0 if compared.is_same_label else 1, compared.overlap)
