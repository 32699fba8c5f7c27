"""The workspace of this server, the reader's choices in this tab, and the one place where screens word errors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from components.words import as_text
from domain.errors import RelookError
from domain.project import Project
from domain.role import Role
from services.access import TOKEN_SECONDS, AccessError, issue_token, read_token, sign
from services.identity import role_of
from services.projects import list_projects
from services.workspace import Workspace, get_workspace

_log = logging.getLogger(__name__)


def open_workspace() -> Workspace:
    """The workspace; when it cannot be opened the page says why and ends."""
    try:
        return get_workspace()
    except RelookError as error:
        draw_error(error)
        st.stop()


def choose_project(workspace: Workspace) -> Project | None:
    """The project of this tab: chosen here, else named in the address, else the oldest; None without any."""
    projects = {project.project_id: project for project in list_projects(workspace)}
    named = st.query_params.get("project", "")
    wanted = st.session_state.get("project_id", int(named) if named.isdecimal() else None)
    project = projects.get(wanted) or next(iter(projects.values()), None)
    if wanted is not None and "project_id" not in st.session_state and wanted not in projects:
        st.session_state["lost_project"] = wanted
    if project is not None:
        remember_project(project.project_id)
    return project


def remember_project(project_id: int) -> None:
    """Make a project the one of this tab, and name it in the address so that a reload keeps it."""
    st.session_state["project_id"] = project_id
    if st.query_params.get("project") != str(project_id):
        if "project" in st.query_params:
            st.query_params.pop("image", None)  # an image of another project
            st.query_params.pop("worklist", None)
        st.query_params["project"] = str(project_id)


def forget_project() -> None:
    st.session_state.pop("project_id", None)
    st.query_params.pop("project", None)


def named_reviewer() -> str | None:
    """Who is at this tab; None until that is known."""
    return st.session_state.get("reviewer")


def name_reviewer(name: str) -> None:
    st.session_state["reviewer"] = name


def forget_reviewer() -> None:
    st.session_state.pop("reviewer", None)


def read_reviewer() -> str:
    """Who decides. No page runs before that is known, see `components.sign_in`."""
    return st.session_state["reviewer"]


def read_role(workspace: Workspace, project_id: int | None) -> Role:
    """What the person at this tab may do in a project, or in all (None)."""
    return role_of(workspace, project_id, read_reviewer())


def project_token(workspace: Workspace, project_id: int) -> str:
    """The token with which this tab writes; the same for minutes, so that components are not sent anew each run."""
    role = read_role(workspace, project_id)
    key = ("token", project_id, read_reviewer(), role)
    tokens: dict[tuple[str, int, str, Role], str] = st.session_state.setdefault("tokens", {})
    if not _is_fresh(workspace, tokens.get(key, ""), project_id):
        tokens[key] = issue_token(workspace.secret, project_id, read_reviewer(), role=role)
    return tokens[key]


def name_installation(workspace: Workspace) -> str:
    """A name of this installation and no other at the same address: what a browser keeps belongs to one of them."""
    return sign(workspace.secret, "installation")


def renew_token(project_id: int) -> None:
    """Forget the tokens of this tab for a project, so that the next run issues a fresh one."""
    tokens = st.session_state.get("tokens", {})
    for key in [key for key in tokens if key[1] == project_id]:
        del tokens[key]


def _is_fresh(workspace: Workspace, token: str, project_id: int) -> bool:
    """Whether a token lives for half its time yet, so that it does not end in the hands of whoever gets it."""
    try:
        return read_token(workspace.secret, token, project_id).remaining() > TOKEN_SECONDS / 2
    except AccessError:
        return False


def start_review_at(project_id: int, image_id: str) -> None:
    """Remember which image the desk of a project begins with."""
    st.session_state[f"review-start-{project_id}"] = image_id
    st.session_state[f"review-starts-{project_id}"] = count_review_starts(project_id) + 1


def count_review_starts(project_id: int) -> int:
    """How often an image was chosen for the desk to begin with: the same one again is another start."""
    return st.session_state.get(f"review-starts-{project_id}", 0)


def first_review_image(project_id: int) -> str | None:
    """The image the desk was asked to begin with, on another page or by the address that this tab opened; or None.

    It stays the same while the desk is open. The address does not: the desk keeps it at the image on screen, and leaves
    the start alone.
    """
    return st.session_state.setdefault(f"review-start-{project_id}", st.query_params.get("image") or None)


def describe_lost_project(project: Project) -> str:
    """A sentence for who followed a link to a project that is not there; empty for anybody else."""
    lost = st.session_state.get("lost_project")
    return f"There is no project {lost} here any more. This is {project.name}." if lost is not None else ""


@contextmanager
def wording_errors() -> Iterator[None]:
    """Show what goes wrong inside as its sentence, at this place of the page; the rest of the page goes on."""
    try:
        yield
    except RelookError as error:
        draw_error(error)


def draw_error(error: RelookError) -> None:
    """Say what happened and what to do. Plain text: file names and labels may hold anything."""
    if error.told != str(error):
        _log.warning("%s", error)  # with the place
    with st.container(key=f"error-{abs(hash(error.told))}"):
        st.error(as_text(error.told), icon=":material/error:")


def read_within_callback(key: str) -> Any:
    """The value of a widget, for a callback that writes it somewhere for good.

    At `st.session_state[key]` a click that came since may end the callback, and what was asked for would be lost.
    """
    return st.session_state.to_dict()[key]
