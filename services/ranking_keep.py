"""Orders of a project's images, worked out once and kept, also over a restart: in a large project by a job."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, replace

from domain.decision import OPEN_STATUSES
from domain.errors import InputError
from domain.progress import Report, ignore_progress
from domain.project import Project
from sampling import find_strategy
from services.embeddings import embed_project
from services.projects import fetch_progress, fetch_project
from services.ranking import Queue, RankedImage, rank_project
from services.ranking_files import load_order, order_file, save_order
from services.workspace import Workspace
from store.listing import Wanted, list_images

AT_ONCE = {False: 2000, True: 500}
"""Up to so many images a page waits for their order, without and with objects; of more a job works it out."""

_MOST_KEPT = 8
_kept: OrderedDict[Hashable, KeptQueue] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class KeptQueue:
    """An order as it was worked out, and what still waits of it.

    Attributes:
        queue: The order; images that do not wait are left out.
        ordered: All images of the order: one whose decision is taken back has its place again.
        changes: The state of the project that `queue.images` tells.
        made_at: The state of the project for which the order was worked out.
        inputs: Model, threshold and number of images for which it was worked out.
    """

    queue: Queue
    ordered: tuple[RankedImage, ...]
    changes: int
    made_at: int
    inputs: tuple[object, ...]

    @property
    def gone(self) -> int:
        """Images of the order that do not wait any more."""
        return len(self.ordered) - len(self.queue.images)

    @property
    def is_stale(self) -> bool:
        """Whether anything was decided or changed in the project since."""
        return self.changes != self.made_at


def ranking_key(project_id: int) -> Hashable:
    """What the job that orders images is found by."""
    return ("ranking", project_id)


def find_queue(workspace: Workspace, project: Project, strategy: str) -> KeptQueue | None:
    """Return the order of a strategy, with what still waits; None while a job works it out, or was stopped.

    An order stays as it is while people decide, until somebody asks for another one; another model, another threshold
    or other images make it anew.

    Raises:
        UnknownNameError: There is no such strategy for the project's task.
        InputError: There is nothing the strategy can look at.
    """
    inputs = _inputs(workspace, project)
    with _lock:
        known = _kept.get(_place(workspace, project, strategy))
    if known is None:
        known = _recall(workspace, project, strategy, inputs)
    if known is None or known.inputs != inputs:
        total = fetch_progress(workspace, project.project_id).total
        if total > AT_ONCE[project.task.has_objects]:
            start_ranking(workspace, project, strategy)
            return None
        return rank_anew(workspace, project, strategy)
    changes = fetch_progress(workspace, project.project_id).changes
    return (
        known
        if known.changes == changes
        else _keep(workspace, project, strategy, _leave_out(workspace, known, project))
    )


def rank_anew(workspace: Workspace, project: Project, strategy: str, *, report: Report = ignore_progress) -> KeptQueue:
    """Work out an order for the project as it is now, and keep it.

    Raises:
        UnknownNameError: There is no such strategy for the project's task.
        InputError: There is nothing the strategy can look at.
        Cancelled: A person asked to stop.
    """
    present = fetch_project(workspace, project.project_id)
    inputs, changes = _inputs(workspace, present), fetch_progress(workspace, project.project_id).changes
    queue = rank_project(workspace, project.project_id, strategy=strategy, report=report)
    with suppress(InputError):  # a full disk keeps nobody from seeing the order
        save_order(order_file(workspace, project, strategy), queue, made_at=changes, inputs=inputs)
    return _keep(workspace, project, strategy, KeptQueue(queue, queue.images, changes, changes, inputs))


def start_ranking(workspace: Workspace, project: Project, strategy: str) -> None:
    """Work out an order in the background; not again while what went wrong stands on the page."""
    job = workspace.jobs.find(ranking_key(project.project_id))
    if job is not None and job.message:
        return

    def work(report: Report) -> None:
        rank_anew(workspace, project, strategy, report=report)

    workspace.jobs.submit(ranking_key(project.project_id), work, title="Ordering the images")


def embedding_key(project_id: int) -> Hashable:
    """What the job that computes what the model sees is found by."""
    return ("embedding", project_id)


def start_embedding(workspace: Workspace, project_id: int) -> None:
    """Compute what the project's model sees in its images, for the strategies that look at that."""

    def work(report: Report) -> None:
        embed_project(workspace, project_id, report=report)

    workspace.jobs.submit(embedding_key(project_id), work, title="Computing what the model sees")


def rank_again(workspace: Workspace, project: Project, strategy: str) -> None:
    """Forget an order, so that `find_queue` works it out for the project as it is now."""
    with _lock:
        _kept.pop(_place(workspace, project, strategy), None)
    with suppress(OSError):
        order_file(workspace, project, strategy).unlink()


def _recall(workspace: Workspace, project: Project, strategy: str, inputs: tuple[object, ...]) -> KeptQueue | None:
    """The order that an earlier process worked out; None without one."""
    found = find_strategy(strategy, project.task)
    stored = load_order(order_file(workspace, project, strategy), found, inputs=inputs)
    if stored is None:
        return None
    queue, made_at = stored
    return _keep(workspace, project, strategy, KeptQueue(queue, queue.images, made_at, made_at, inputs))


def _leave_out(workspace: Workspace, known: KeptQueue, project: Project) -> KeptQueue:
    """What waits of an order now: nothing else of it changes."""
    progress = fetch_progress(workspace, project.project_id)
    with workspace.read() as connection:
        wanted = Wanted(statuses=OPEN_STATUSES)
        waiting = set(list_images(connection, project.project_id, wanted, count=max(progress.total, 1)))
    left: tuple[RankedImage, ...] = tuple(each for each in known.ordered if each.image_id in waiting)
    return replace(known, queue=replace(known.queue, images=left), changes=progress.changes)


def _keep(workspace: Workspace, project: Project, strategy: str, made: KeptQueue) -> KeptQueue:
    place = _place(workspace, project, strategy)
    with _lock:
        _kept[place] = made
        _kept.move_to_end(place)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _place(workspace: Workspace, project: Project, strategy: str) -> Hashable:
    return (str(workspace.engine.url), project.project_id, strategy)


def _inputs(workspace: Workspace, project: Project) -> tuple[object, ...]:
    progress = fetch_progress(workspace, project.project_id)
    return (project.model_id, project.threshold, progress.total)
