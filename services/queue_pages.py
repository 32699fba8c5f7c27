"""What comes next in review, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.decision import OPEN_STATUSES, Verdict
from domain.errors import NotFoundError
from domain.project import ImageState, Project
from services.leases import Claim, Claimant, Held, claiming
from services.overlap_view import as_seen_by
from services.queue_order import check_order
from services.queue_walk import Walk, count_walk, open_walk
from services.settling import settle_soon
from services.workspace import Workspace
from store import projects
from store.engine import Connection
from store.listing import Place, Wanted, find_place, list_images
from store.states import list_states
from store.worklists import read_reasons

_OPEN = Wanted(statuses=OPEN_STATUSES)
_SKIPPED = Wanted(statuses=(Verdict.SKIP.value,))


@dataclass(frozen=True, slots=True)
class Page:
    """The next images of the queue.

    Attributes:
        states: The images, in order.
        again: Those that come once more because they were skipped.
        total: Images of the project, or of the worklist.
        decided: Images that do not come again by themselves.
        skipped: Images that were skipped.
        held: Who works on all that wait, when there is nothing for the one who asks.
        reasons: Image -> why it is on the worklist, where that was kept.
    """

    states: tuple[ImageState, ...]
    again: frozenset[str]
    total: int
    decided: int
    skipped: int
    held: Held | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Images nobody decided on, skipped ones included."""
        return self.total - self.decided


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The images around one in an order; None at the ends, or when nothing waits any more."""

    previous: str | None
    next: str | None
    next_open: str | None


def fetch_queue(
    workspace: Workspace,
    project_id: int,
    *,
    order: str = "name",
    count: int = 24,
    after: str = "",
    start: str = "",
    claimant: Claimant | None = None,
) -> Page:
    """Return the next images that wait for a decision, in `order`, behind `after`; skipped ones once more at the end.

    Args:
        workspace: The workspace.
        project_id: The project.
        order: One of `services.queue_order.ORDERS`, or that of a worklist.
        count: At most so many.
        after: The last image the browser holds; empty to begin at the beginning.
        start: This image comes first, whatever was decided about it, and the queue goes on behind it.
        claimant: Who asks for work, and gets images that nobody else works on; None for somebody who only looks.

    Raises:
        UnknownNameError: There is no such order.
        NotFoundError: There is no image `start`, or no such worklist.
    """
    with workspace.read() as connection:
        walk = open_walk(connection, projects.fetch_project(connection, project_id), order)
    project, worklist = walk.project, walk.worklist
    if order != "name" and worklist is None:
        settle_soon(workspace, project_id)
    here = {"count": count, "after": after, "start": start}
    if claimant is None:
        with workspace.read() as connection:
            names, again = _next_names(connection, walk, _OPEN, _SKIPPED, **here)
        held = None
    else:
        with claiming(workspace, project, claimant, worklist=worklist) as claim:
            names, again = _claim_names(claim, walk, **here)
            held = None if names else claim.find_held()
    with workspace.read() as connection:
        states = _read_states(connection, project, names)
        seen = as_seen_by(connection, project, states, claimant.reviewer) if claimant else states
        progress = count_walk(workspace, connection, walk)
        reasons = read_reasons(connection, worklist, names) if worklist else {}
    return Page(tuple(seen), frozenset(again), progress.total, progress.decided, progress.skipped, held, reasons)


def fetch_neighbours(workspace: Workspace, project_id: int, image_id: str, *, order: str = "name") -> Neighbours:
    """Return the images around one.

    Raises:
        UnknownNameError: There is no such order.
        NotFoundError: There is no such image.
    """
    check_order(order)
    with workspace.read() as connection:
        here = _need_place(connection, project_id, image_id)
        before = list_images(connection, project_id, order=order, after=here, count=1, is_backward=True)
        behind = list_images(connection, project_id, order=order, after=here, count=1)
        waiting = list_images(connection, project_id, _OPEN, order=order, after=here, count=1)
    return Neighbours(*(next(iter(names), None) for names in (before, behind, waiting)))


def _claim_names(claim: Claim, walk: Walk, *, count: int, after: str, start: str) -> tuple[list[str], list[str]]:
    """As `_next_names`, and nobody else gets them. The image asked for by name is shown in any case."""
    waiting, skipped = replace(_OPEN, condition=claim.is_free), replace(_SKIPPED, condition=claim.is_free)
    if claim.was_skipped is not None:
        waiting = Wanted(condition=claim.is_free & ~claim.was_skipped)
        skipped = Wanted(condition=claim.is_free & claim.was_skipped)
    names, again = _next_names(claim.connection, walk, waiting, skipped, count=count, after=after, start=start)
    if start:
        claim.take_if_free(start)
        return [start, *claim.take(names[1:])], again
    taken = claim.take(names)
    return taken, [name for name in again if name in taken]


def _next_names(
    connection: Connection, walk: Walk, waiting: Wanted, skipped: Wanted, *, count: int, after: str, start: str
) -> tuple[list[str], list[str]]:
    """The images of a page, and those of them that come once more."""
    first = [start][:count] if start else []
    here = walk.begin_at(connection, start) if start else walk.find(connection, after)
    page = first + walk.list_next(connection, waiting, after=here, count=count - len(first))
    if page:
        return page, []
    seen = here if here is not None and here.status == Verdict.SKIP else None
    again = walk.list_next(connection, skipped, after=seen, count=count)
    return again, again


def _need_place(connection: Connection, project_id: int, image_id: str) -> Place:
    place = find_place(connection, project_id, image_id)
    if place is None:
        raise NotFoundError(f"The project has no image '{image_id}'.", remedy="Choose one on the Browse page.")
    return place


def _read_states(connection: Connection, project: Project, names: list[str]) -> tuple[ImageState, ...]:
    """In the order of `names`."""
    known = {state.image.image_id: state for state in list_states(connection, project, image_ids=names)}
    return tuple(known[name] for name in names if name in known)
