"""Computing what filters and sorts need: scores, differences and classes of images whose inputs changed.

Few images are computed on the spot when somebody asks, many by a job; until then the answers leave them out.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Hashable

from domain.errors import StoreError
from domain.prediction import class_names
from domain.progress import Report, ignore_progress
from domain.project import ImageState, Project
from executors.local import JobState
from services.shown import above_threshold, describe_difference
from services.workspace import Workspace
from store import projects
from store.engine import Connection, writing
from store.settled import Settled, Unsettled, count_unsettled, list_unsettled, save_settled
from store.states import list_states
from store.tallies import fetch_tally

_BATCH = 250
_AT_ONCE = 2000
_PATIENCE = 0.5
"""Seconds to wait for somebody else who is writing: a page must not."""

_log = logging.getLogger(__name__)


def settling_key(project_id: int) -> Hashable:
    """What the job that computes many images is found by."""
    return ("settling", project_id)


def settle(workspace: Workspace, project_id: int, *, report: Report = ignore_progress) -> int:
    """Compute all that is to be computed anew; return for how many images.

    Raises:
        Cancelled: A person asked to stop; what is finished is kept.
    """
    done = 0
    with workspace.read() as connection:
        total = count_unsettled(connection, project_id)
    while True:
        report(done, max(total, done))
        with workspace.read() as connection:
            epoch, made = _compute(connection, project_id, count=_BATCH)
        if not made:
            return done
        with workspace.write() as connection:
            done += save_settled(connection, project_id, epoch=epoch, made=made)


def settle_soon(workspace: Workspace, project_id: int) -> bool:
    """Compute a few images now, or start a job for many; return whether all is known."""
    with workspace.read() as connection:
        waiting = list_unsettled(connection, project_id, count=_AT_ONCE + 1)
    if not waiting:
        return True
    if len(waiting) > _AT_ONCE:
        start_settling(workspace, project_id)
        return False
    try:
        return _settle_now(workspace, project_id)
    except StoreError as error:  # somebody is writing, or nobody can: the pages still show what is known
        _log.info("Facts of project %s stay as they are: %s", project_id, error)
        return False


def start_settling(workspace: Workspace, project_id: int) -> None:
    """Start the job that computes many images, unless it runs or a person has stopped it."""
    job = workspace.jobs.find(settling_key(project_id))
    if job is not None and job.state is JobState.CANCELLED:
        return  # until the sentence that says so is dismissed

    def work(report: Report) -> None:
        settle(workspace, project_id, report=report)

    workspace.jobs.submit(settling_key(project_id), work, title="Comparing labels and predictions")


def _settle_now(workspace: Workspace, project_id: int) -> bool:
    for _ in range(0, _AT_ONCE + _BATCH, _BATCH):
        with workspace.read() as connection:
            epoch, made = _compute(connection, project_id, count=_BATCH)
        if not made:
            return True
        with writing(workspace.engine, patience=_PATIENCE) as connection:
            save_settled(connection, project_id, epoch=epoch, made=made)
    return False


def _compute(connection: Connection, project_id: int, *, count: int) -> tuple[int, list[Settled]]:
    """Read and compute a batch, all in one view of the database."""
    epoch = fetch_tally(connection, project_id).epoch
    waiting = list_unsettled(connection, project_id, count=count)
    if not waiting:
        return epoch, []
    project = projects.fetch_project(connection, project_id)
    states = list_states(connection, project, image_ids=[each.image_id for each in waiting])
    known = {state.image.image_id: state for state in states}
    return epoch, [_describe(each, known[each.image_id], project) for each in waiting if each.image_id in known]


def _describe(unsettled: Unsettled, state: ImageState, project: Project) -> Settled:
    corrected = state.decision.content if state.decision else None
    given = corrected if corrected is not None else state.label
    answer = above_threshold(state.prediction, project)
    return Settled(
        unsettled,
        score=state.score,
        differs=bool(describe_difference(state.label, state.prediction, project)),
        has_label=state.label is not None,
        has_prediction=state.prediction is not None,
        given=None if given is None else Counter(class_names(given)),
        predicted=None if answer is None else Counter(class_names(answer)),
    )
