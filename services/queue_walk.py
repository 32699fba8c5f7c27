"""What review walks along: all images of a project in an order, or a worklist in its own."""

from __future__ import annotations

from dataclasses import dataclass

from domain.decision import NEW, Verdict
from domain.errors import NotFoundError
from domain.project import Project
from services.projects import count_decided, count_progress
from services.queue_order import check_order
from services.recounting import recount
from services.team_progress import TeamProgress, count_team_progress
from services.worklists import worklist_number
from services.workspace import Workspace
from store import listing, overlap, worklists
from store.engine import Connection
from store.listing import Place
from store.review_schema import image_facts
from store.wanted import Wanted
from store.worklists import Worklist


@dataclass(frozen=True, slots=True)
class Walk:
    """An order of review.

    Attributes:
        project: The project.
        order: One of `services.queue_order.ORDERS`, or that of a worklist.
        worklist: The worklist that the order is, or None.
    """

    project: Project
    order: str
    worklist: Worklist | None

    def find(self, connection: Connection, image_id: str) -> Place | None:
        """Where an image stands; None when it is not there."""
        if self.worklist is not None:
            return worklists.find_place(connection, self.worklist, image_id)
        return listing.find_place(connection, self.project.project_id, image_id)

    def begin_at(self, connection: Connection, image_id: str) -> Place | None:
        """Where to go on behind an image that was asked for by name; None from the beginning: the list has it not.

        Raises:
            NotFoundError: The project has no such image.
        """
        if listing.find_place(connection, self.project.project_id, image_id) is None:
            raise NotFoundError(f"The project has no image '{image_id}'.", remedy="Choose one on the Browse page.")
        return self.find(connection, image_id)

    def list_next(self, connection: Connection, wanted: Wanted, *, after: Place | None, count: int) -> list[str]:
        """The next images wanted, at most `count`."""
        if self.worklist is not None:
            return worklists.list_images(connection, self.worklist, wanted, after=after, count=count)
        project_id = self.project.project_id
        return listing.list_images(connection, project_id, wanted, order=self.order, after=after, count=count)


def open_walk(connection: Connection, project: Project, order: str) -> Walk:
    """Return what an order of review walks along.

    Raises:
        UnknownNameError: There is no such order.
        NotFoundError: There is no such worklist.
    """
    number = worklist_number(order)
    if number is None:
        check_order(order)
        return Walk(project, order, None)
    worklist = worklists.find_worklist(connection, project.project_id, number)
    if worklist is None:
        raise NotFoundError(
            f"The list of images number {number} is not kept any more.",
            remedy=f"The newest {worklists.MOST_KEPT} lists of a project are kept; put it together anew.",
        )
    return Walk(project, order, worklist)


def count_walk(workspace: Workspace, connection: Connection, walk: Walk) -> TeamProgress:
    """How far the review of a walk's images is; of a long worklist perhaps a moment late."""
    project, worklist = walk.project, walk.worklist
    if worklist is None:
        return count_team_progress(connection, project)

    def count() -> TeamProgress:
        verdicts = worklists.count_statuses(connection, worklist)
        new = verdicts.pop(NEW, 0)
        decided = count_decided(verdicts)
        if project.overlap > 1:
            on_list = worklists.is_listed(worklist, image_facts.c.image_id)
            decided = overlap.count_complete(connection, project.project_id, people=project.overlap, condition=on_list)
        return TeamProgress(new + sum(verdicts.values()), decided, verdicts.get(Verdict.SKIP.value, 0))

    key = ("worklist", worklist.worklist_id, project.overlap)
    progress = count_progress(connection, project.project_id)
    return recount(workspace, project.project_id, key, progress=progress, count=count)
