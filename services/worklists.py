"""Worklists: an ordered set of images that the desk goes through, with where it came from. Kept, and shared by link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.errors import InputError
from domain.project import Project
from services.workspace import Workspace
from store import worklists as table
from store.worklists import Worklist

__all__ = ["Worklist", "find_worklist", "has_image", "make_worklist", "order_of", "worklist_number"]

LONGEST_TITLE = 200
_PREFIX = "worklist-"
_MOST_DIGITS = 9
"""More do not fit the database's integers."""


def make_worklist(
    workspace: Workspace,
    project: Project,
    title: str,
    image_ids: Sequence[str],
    *,
    reviewer: str,
    reasons: Mapping[str, str] | None = None,
) -> Worklist:
    """Keep images of a project as a worklist; the same ones under the same title are the same worklist.

    Reasons may tell what the model or others say, so that none is kept where reviewers are not to see that.

    Args:
        workspace: The workspace.
        project: The project.
        title: Where the images came from, in words; shortened when it is too long.
        image_ids: In the order of review; what stands twice counts once.
        reviewer: Who puts it together.
        reasons: Image -> why it is there, in words.

    Raises:
        InputError: There is no image.
    """
    if not image_ids:
        raise InputError("There is no image to review in this list.", remedy="Choose others.")
    words = " ".join(title.split()) or "Chosen images"
    short = words if len(words) <= LONGEST_TITLE else f"{words[: LONGEST_TITLE - 3]}..."
    told = reasons if reasons and project.overlap == 1 and not project.withheld_share else {}
    names = list(dict.fromkeys(image_ids))
    with workspace.write() as connection:
        return table.save_worklist(connection, project.project_id, short, names, made_by=reviewer, reasons=told)


def find_worklist(workspace: Workspace, project_id: int, worklist_id: int) -> Worklist | None:
    """A worklist of a project; None where there is none of that number."""
    with workspace.read() as connection:
        return table.find_worklist(connection, project_id, worklist_id)


def has_image(workspace: Workspace, worklist: Worklist, image_id: str) -> bool:
    """Whether an image is on a worklist, and its file there."""
    with workspace.read() as connection:
        return table.find_place(connection, worklist, image_id) is not None


def order_of(worklist: Worklist) -> str:
    """The order of review that a worklist is, as the desk names it."""
    return f"{_PREFIX}{worklist.worklist_id}"


def worklist_number(order: str) -> int | None:
    """The number of the worklist that an order of review is; None for any other order."""
    number = order.removeprefix(_PREFIX)
    is_number = number != order and number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS
    return int(number) if is_number else None
