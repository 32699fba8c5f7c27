"""The people of a project: who they are, what they may do, what they are at."""

from __future__ import annotations

import math

import streamlit as st

from components.headings import card
from components.session import draw_error, read_reviewer
from components.tables import draw_table
from domain.errors import RelookError
from domain.project import Project
from domain.role import Role
from services import identity, leading
from services.team import Worker, list_workers
from services.workspace import Workspace

_SOMEBODY_ELSE = "Somebody else"
_MEANING = {
    Role.VIEWER: "looks at everything and changes nothing",
    Role.REVIEWER: "decides on images",
    Role.LEAD: "also chooses between reviewers, sends work back and gives roles",
}


def draw_people(workspace: Workspace, project: Project, *, is_lead: bool) -> None:
    """Who works on the project; a lead gives roles here."""
    workers = list_workers(workspace, project)
    with card("People", key="people", note=f"{len(workers)}"):
        draw_table(("Name", "Role", "Decided", "At work on"), [_row(worker) for worker in workers], numeric=(2, 3))
        if not is_lead:
            st.caption("A lead gives roles.")
        elif st.button("Change a role", key="give-role"):
            _ask_role(workspace, project, workers)


def draw_overlap(workspace: Workspace, project: Project, *, is_lead: bool) -> None:
    """How many decide on each image; a lead changes it here."""
    with card("Reviewers for each image", key="overlap"):
        people = st.number_input(
            "Reviewers for each image",
            min_value=1,
            max_value=leading.MOST_PEOPLE,
            value=project.overlap,
            disabled=not is_lead,
            help=None if is_lead else "A lead changes this.",
            key=f"overlap-{project.project_id}",
            label_visibility="collapsed",
        )
        st.caption(
            "Each decides without seeing what the others said."
            if people > 1
            else "Two or more show how far people agree; each then decides without seeing the others."
        )
        if is_lead and people != project.overlap:
            leading.set_overlap(workspace, project.project_id, read_reviewer(), people)
            st.rerun()


@st.dialog("Change a role")
def _ask_role(workspace: Workspace, project: Project, workers: list[Worker]) -> None:
    names = [worker.name for worker in workers]
    chosen = st.selectbox("Who", [*names, _SOMEBODY_ELSE], format_func=lambda name: name)
    name = st.text_input("Name", max_chars=identity.LONGEST_NAME) if chosen == _SOMEBODY_ELSE else chosen
    role = st.radio(
        "Role",
        list(Role),
        format_func=lambda each: each.value.capitalize(),
        captions=[_MEANING[each] for each in Role],
        index=1,
    )
    is_here = st.checkbox("In this project only", value=True)
    if st.button("Give this role", type="primary", disabled=not name) and name and role:
        try:
            identity.require_lead(workspace, project.project_id if is_here else None, read_reviewer(), to="give roles")
            identity.give_role(workspace, name, role, project_id=project.project_id if is_here else None)
        except RelookError as error:
            draw_error(error)
            return
        st.rerun()


def _row(worker: Worker) -> tuple[str, str, str, str]:
    scope = "" if worker.is_own or not worker.is_given else ", all projects"
    at_work = "–"
    if worker.free_in is not None:
        at_work = f"{worker.holds:,}, for {math.ceil(worker.free_in / 60)} min"
    return worker.name, f"{worker.role.value.capitalize()}{scope}", f"{worker.decided:,}", at_work
