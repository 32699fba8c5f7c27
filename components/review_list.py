"""The desk on exactly some images: other pages put them together here, and the Review page asks what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import streamlit as st

from components.blank import go_to
from components.session import count_review_starts, first_review_image, read_reviewer
from domain.project import Project
from services.queue_order import ORDERS
from services.worklists import Worklist, find_worklist, has_image, make_worklist, order_of, worklist_number
from services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """In which order the desk goes on.

    Attributes:
        order: The order it opens with.
        whole: The order of the whole project to go back to.
        worklist: A list that was chosen in this tab or named by its address; None without one.
        notice: A sentence when the list that was asked for is not there.
    """

    order: str
    whole: str
    worklist: Worklist | None
    notice: str

    @property
    def menu(self) -> list[dict[str, str | bool]]:
        """The orders to choose from, the list first."""
        whole: list[dict[str, str | bool]] = [
            {"key": key, "title": title, "is_list": False} for key, title in ORDERS.items()
        ]
        if self.worklist is None:
            return whole
        return [{"key": order_of(self.worklist), "title": self.worklist.title, "is_list": True}, *whole]


def review_images(
    workspace: Workspace,
    project: Project,
    title: str,
    images: Sequence[str],
    *,
    reasons: Mapping[str, str] | None = None,
) -> NoReturn:
    """Open the desk on exactly these images, in this order.

    Raises:
        InputError: There is none.
    """
    open_worklist(make_worklist(workspace, project, title, images, reviewer=read_reviewer(), reasons=reasons))


def open_worklist(worklist: Worklist) -> NoReturn:
    """Open the desk on a list that is kept already, at its first image that waits."""
    st.session_state[f"review-start-{worklist.project_id}"] = None
    _choose(worklist.project_id, worklist.worklist_id)
    go_to("review")


def read_desk_order(workspace: Workspace, project: Project) -> DeskOrder:
    """What the desk of this tab goes through: a list while it is chosen, unless an image apart from it is asked for."""
    whole = st.session_state.get("browse-order", "name")
    named = worklist_number(f"worklist-{st.query_params.get('worklist', '')}")
    number, starts = st.session_state.setdefault(_place(project.project_id), (named, -1))
    worklist = find_worklist(workspace, project.project_id, number) if number is not None else None
    if worklist is None:
        gone = "The list of images that was asked for is not kept any more. Here are all images that wait."
        return DeskOrder(whole, whole, None, gone if number is not None else "")
    start = first_review_image(project.project_id)
    is_apart = starts is None or (
        start is not None
        and count_review_starts(project.project_id) > starts
        and not has_image(workspace, worklist, start)
    )
    return DeskOrder(whole if is_apart else order_of(worklist), whole, worklist, "")


def follow_desk_order(project: Project, order: str) -> None:
    """Remember the order that was chosen at the desk."""
    number = worklist_number(order)
    if number is not None:
        _choose(project.project_id, number)
        return
    st.session_state["browse-order"] = order
    kept, _ = st.session_state.get(_place(project.project_id), (None, None))
    st.session_state[_place(project.project_id)] = (kept, None)


def _choose(project_id: int, number: int) -> None:
    st.session_state[_place(project_id)] = (number, count_review_starts(project_id))


def _place(project_id: int) -> str:
    """Under it stand the number of the list, and how often a start was chosen before it; None once it was left."""
    return f"desk-list-{project_id}"
