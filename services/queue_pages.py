"""What comes next in review, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from domain.decision import OPEN_STATUSES, Verdict
from domain.errors import NotFoundError
from domain.project import ImageState, Project
from services.projects import count_progress, fetch_project
from services.queue_order import check_order
from services.settling import settle_soon
from services.workspace import Workspace
from store.engine import Connection
from store.listing import Place, Wanted, find_place, list_images
from store.states import list_states

_OPEN = Wanted(statuses=OPEN_STATUSES)
_SKIPPED = Wanted(statuses=(Verdict.SKIP.value,))


@dataclass(frozen=True, slots=True)
class Page:
    """The next images of the queue.

    Attributes:
        states: The images, in order.
        again: Those that come once more because they were skipped.
        total: Images of the project.
        decided: Images that do not come again by themselves.
        skipped: Images that were skipped.
    """

    states: tuple[ImageState, ...]
    again: frozenset[str]
    total: int
    decided: int
    skipped: int

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
    workspace: Workspace, project_id: int, *, order: str = "name", count: int = 24, after: str = "", start: str = ""
) -> Page:
    """Return the next images that wait for a decision, in `order`, behind `after`; skipped ones once more at the end.

    Args:
        workspace: The workspace.
        project_id: The project.
        order: One of `services.queue_order.ORDERS`.
        count: At most so many.
        after: The last image the browser holds; empty to begin at the beginning.
        start: This image comes first, whatever was decided about it, and the queue goes on behind it.

    Raises:
        UnknownNameError: There is no such order.
        NotFoundError: There is no image `start`.
    """
    check_order(order)
    if order != "name":
        settle_soon(workspace, project_id)
    project = fetch_project(workspace, project_id)
    with workspace.read() as connection:
        names, again = _next_names(connection, project, order, count=count, after=after, start=start)
        states = _read_states(connection, project, names)
        progress = count_progress(connection, project_id)
    return Page(states, frozenset(again), progress.total, progress.decided, progress.skipped)


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


def _next_names(
    connection: Connection, project: Project, order: str, *, count: int, after: str, start: str
) -> tuple[list[str], list[str]]:
    """The images of a page, and those of them that come once more."""
    first = [start][:count] if start else []
    here = _need_place(connection, project.project_id, start) if start else _find(connection, project, after)
    page = list_images(connection, project.project_id, _OPEN, order=order, after=here, count=count - len(first))
    if first or page:
        return first + page, []
    seen = here if here is not None and here.status == Verdict.SKIP else None
    again = list_images(connection, project.project_id, _SKIPPED, order=order, after=seen, count=count)
    return again, again


def _find(connection: Connection, project: Project, image_id: str) -> Place | None:
    return find_place(connection, project.project_id, image_id) if image_id else None


def _need_place(connection: Connection, project_id: int, image_id: str) -> Place:
    place = find_place(connection, project_id, image_id)
    if place is None:
        raise NotFoundError(f"The project has no image '{image_id}'.", remedy="Choose one on the Browse page.")
    return place


def _read_states(connection: Connection, project: Project, names: list[str]) -> tuple[ImageState, ...]:
    """In the order of `names`."""
    known = {state.image.image_id: state for state in list_states(connection, project, image_ids=names)}
    return tuple(known[name] for name in names if name in known)
