"""The workspace of this server, the reader's choices in this tab, and the one place where screens word errors."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from components.words import as_text
from domain.errors import RelookError
from domain.project import Project
from services.access import issue_token
from services.projects import list_projects
from services.workspace import Workspace, get_workspace


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
    if project is not None:
        remember_project(project.project_id)
    return project


def remember_project(project_id: int) -> None:
    """Make a project the one of this tab, and name it in the address so that a reload keeps it."""
    st.session_state["project_id"] = project_id
    if st.query_params.get("project") != str(project_id):
        st.query_params["project"] = str(project_id)


def forget_project() -> None:
    st.session_state.pop("project_id", None)
    st.query_params.pop("project", None)


def read_reviewer() -> str:
    """Who decides: the name given in this tab, else the name of the account the server runs under."""
    if "reviewer" not in st.session_state:
        st.session_state["reviewer"] = _account_name()
    return st.session_state["reviewer"]


def project_token(workspace: Workspace, project_id: int) -> str:
    """The token with which this tab writes; the same for a whole visit, so that components are not sent anew."""
    key = ("token", project_id, read_reviewer())
    tokens: dict[tuple[str, int, str], str] = st.session_state.setdefault("tokens", {})
    if key not in tokens:
        tokens[key] = issue_token(workspace.secret, project_id, read_reviewer())
    return tokens[key]


def renew_token(project_id: int) -> None:
    """Forget the token of this tab, so that the next run issues a fresh one."""
    st.session_state.get("tokens", {}).pop(("token", project_id, read_reviewer()), None)


def start_review_at(project_id: int, image_id: str) -> None:
    """Remember which image the desk of a project begins with."""
    st.session_state[f"review-start-{project_id}"] = image_id


def first_review_image(project_id: int) -> str | None:
    """The image the desk was asked to begin with, or None."""
    return st.session_state.get(f"review-start-{project_id}")


@contextmanager
def wording_errors() -> Iterator[None]:
    """Show what goes wrong inside as its sentence, at this place of the page; the rest of the page goes on."""
    try:
        yield
    except RelookError as error:
        draw_error(error)


def draw_error(error: RelookError) -> None:
    """Say what happened and what to do. Plain text: file names and labels may hold anything."""
    with st.container(key=f"error-{abs(hash(str(error)))}"):
        st.error(as_text(str(error)), icon=":material/error:")


def _account_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "reviewer"
