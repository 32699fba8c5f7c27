"""In which order to look at the images of a project, and why each one stands where it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.errors import InputError
from domain.prediction import Content, Labels, Task
from domain.progress import Report, ignore_progress
from domain.project import ImageState, Project
from sampling import DEFAULTS, Needs, ObjectSheet, Ranking, Sheet, Strategy, find_strategy, order_of, strategies_for
from services.embeddings import require_embeddings
from services.projects import fetch_project
from services.ranking_notes import describe_inputs
from services.ranking_sheets import is_usable, make_class_sheet, make_object_sheet
from services.workspace import Workspace
from store.engine import Connection
from store.listing import list_images
from store.states import list_states

WITHOUT_LABELS = {
    Task.CLASSIFICATION: "least-confidence",
    Task.MULTILABEL: "least-confidence",
    Task.DETECTION: "unsure-object",
    Task.SEGMENTATION: "unsure-object",
}
"""Which strategy is taken where no image has a label."""

_PIECE = 2000
_MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class RankedImage:
    """One image of the queue.

    Attributes:
        image_id: Which image.
        score: 0 to 1, the highest first; None where the strategy cannot judge the image.
        reason: Why it stands there, in words.
        kind: For objects: what seems to be wrong; empty where nothing does.
        labelled: Id of the labelled object it is about; empty when there is none.
        predicted: Id of the predicted object it is about; empty when there is none.
    """

    image_id: str
    score: float | None
    reason: str
    kind: str = ""
    labelled: str = ""
    predicted: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """The images of a project in the order of a strategy.

    Attributes:
        strategy: What ordered them.
        images: Those that can be judged by score, then the others.
        notes: What to know about the order, full sentences.
    """

    strategy: Strategy
    images: tuple[RankedImage, ...]
    notes: tuple[str, ...]


def rank_project(
    workspace: Workspace,
    project_id: int,
    *,
    strategy: str = "",
    with_decided: bool = False,
    seed: int = 0,
    report: Report = ignore_progress,
) -> Queue:
    """Order the images of a project.

    What a reviewer decided counts as the label. All images with a label and a prediction help to judge each other.

    Args:
        workspace: The workspace.
        project_id: The project.
        strategy: Name; empty for the default of the task, or one that needs no labels where there are none.
        with_decided: Also the images that do not wait for a decision.
        seed: For strategies that draw.
        report: Told how many images were read.

    Raises:
        UnknownNameError: There is no such strategy for the project's task.
        InputError: The project has no images, or nothing the strategy can look at.
        Cancelled: A person asked to stop.
    """
    with workspace.read() as connection:
        project = fetch_project(workspace, project_id)
        states = _read_states(connection, project, report)
    labels = {state.image.image_id: label_of(state) for state in states}
    chosen = choose_strategy(project, states, labels, strategy)
    seen = require_embeddings(workspace, project) if chosen.needs.has_embeddings else {}
    lacks = {state.image.image_id: _lacks(state, labels, seen, chosen) for state in states}
    judged = [state for state in states if not lacks[state.image.image_id]]
    sheet = sheet_of(project.task, judged, labels, seen, seed=seed)
    queue = _in_order(chosen, chosen.rank(sheet), sheet, judged)
    queue += [RankedImage(image_id, None, reason) for image_id, reason in lacks.items() if reason]
    wanted = {state.image.image_id for state in states if with_decided or state.is_open}
    notes = describe_inputs(states, labels, sheet, chosen, is_chosen=bool(strategy))
    return Queue(chosen, tuple(image for image in queue if image.image_id in wanted), tuple(notes))


def _read_states(connection: Connection, project: Project, report: Report) -> list[ImageState]:
    """All images, piece by piece: a person may stop it in between."""
    names = list_images(connection, project.project_id, count=_MOST)
    states: list[ImageState] = []
    for start in range(0, len(names), _PIECE):
        report(start, len(names))
        states += list_states(connection, project, image_ids=names[start : start + _PIECE])
    report(len(names), len(names))
    return states


def choose_strategy(
    project: Project, states: Sequence[ImageState], labels: Mapping[str, Content | None], name: str
) -> Strategy:
    """Return the strategy of that name, or the one that suits what there is.

    Raises:
        UnknownNameError: There is no such strategy for the project's task.
        InputError: The project has no images, or none with what the strategy needs.
    """
    if not states:
        raise InputError(f"The project '{project.name}' has no images.", remedy="Import images on the Workspace page.")
    has_labels = any(label is not None for label in labels.values())
    found = find_strategy(name or (DEFAULTS if has_labels else WITHOUT_LABELS)[project.task], project.task)
    if found.needs.has_predictions and all(state.prediction is None for state in states):
        raise InputError(
            f"No image of the project '{project.name}' has a prediction.",
            remedy="Load a model or import predictions on the Workspace page, or draw images with --strategy random.",
        )
    is_ready = [_has_label_for(state, labels, found) for state in states]
    if found.needs.has_labels and not any(is_ready):
        without = ", ".join(each.name for each in strategies_for(project.task).values() if not each.needs.has_labels)
        missing = "has both a label and a prediction" if has_labels else "has a label"
        raise InputError(
            f"{found.title} looks at {found.needs}, and no image of the project '{project.name}' {missing}.",
            remedy=f"Strategies that need no labels: {without}.",
        )
    return found


def _has_label_for(state: ImageState, labels: Mapping[str, Content | None], strategy: Strategy) -> bool:
    has_prediction = state.prediction is not None or not strategy.needs.has_predictions
    return labels[state.image.image_id] is not None and has_prediction


def label_of(state: ImageState) -> Content | None:
    """What holds for an image: what was decided, else what the label file says."""
    decided = state.decision.content if state.decision is not None else None
    return decided if decided is not None else state.label


def sheet_of(
    task: Task,
    states: Sequence[ImageState],
    labels: Mapping[str, Content | None],
    seen: Mapping[str, NDArray[np.float16]] | None = None,
    *,
    seed: int = 0,
) -> Sheet:
    """Return the images as strategies see them; `seen` are the embeddings of all of them, where they are looked at."""
    given = [labels[state.image.image_id] for state in states]
    said = [state.prediction or Labels({}) for state in states]
    if task.has_objects:
        sizes = [(state.image.width, state.image.height) for state in states]
        sheet = make_object_sheet(given, said, sizes, seed=seed)
    else:
        sheet = make_class_sheet(given, said, is_multilabel=task is Task.MULTILABEL, seed=seed)
    rows = [seen[state.image.image_id] for state in states] if seen else []
    return replace(sheet, embeddings=np.stack(rows).astype(np.float32)) if rows else sheet


def _lacks(
    state: ImageState,
    labels: Mapping[str, Content | None],
    seen: Mapping[str, NDArray[np.float16]],
    strategy: Strategy,
) -> str:
    """Why an image cannot be judged, or ""."""
    needs = strategy.needs
    if needs.has_predictions and state.prediction is None:
        return "The image has no prediction"
    if needs.has_labels and labels[state.image.image_id] is None:
        return "The image has no label"
    if needs.has_embeddings and state.image.image_id not in seen:
        return "The image has no embedding"
    if needs.has_predictions and not is_usable(state.prediction):
        return "The prediction holds a score that is not a number"
    return ""


def _in_order(strategy: Strategy, ranking: Ranking, sheet: Sheet, states: Sequence[ImageState]) -> list[RankedImage]:
    return [_describe(strategy, ranking, sheet, states[place], int(place)) for place in order_of(ranking.scores)]


def _describe(strategy: Strategy, ranking: Ranking, sheet: Sheet, state: ImageState, place: int) -> RankedImage:
    score = float(ranking.scores[place])
    reason = strategy.reason(sheet, ranking, place)
    suspect = ranking.suspects[place] if ranking.suspects else None
    judged = None if np.isnan(score) or strategy.needs is Needs.NOTHING else score  # drawn by chance it says nothing
    if suspect is None or not isinstance(sheet, ObjectSheet):
        return RankedImage(state.image.image_id, judged, reason)
    labelled = sheet.given[place].names[suspect.labelled] if suspect.labelled is not None else ""
    predicted = sheet.predicted[place].names[suspect.predicted] if suspect.predicted is not None else ""
    return RankedImage(state.image.image_id, judged, reason, str(suspect.kind), labelled, predicted)
