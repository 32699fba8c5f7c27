"""What surrounds every page: settings, styles, logo, and the project and reviewer menus in the header."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from components.blank import go_to
from components.session import read_reviewer, remember_project
from components.sign_in import ask_name, draw_kept_name, sign_out, uses_accounts
from components.words import as_text
from domain.project import Project
from services.projects import list_projects
from services.workspace import Workspace

_HERE = Path(__file__).parent
_NEW = 0  # stands for no project, but for a new one


def set_up_page() -> None:
    """Page settings, styles and logo. Call it first on every run."""
    st.set_page_config(page_title="Relook", page_icon=str(_HERE / "brand" / "icon.png"), layout="wide")
    st.html(_HERE / "page.css")
    st.logo(str(_HERE / "brand" / "logo.svg"), size="medium")


def draw_menus(workspace: Workspace, project: Project | None) -> None:
    """The project menu and the reviewer menu, pinned into the header by `page.css`."""
    names = {item.project_id: item.name for item in list_projects(workspace)}
    with st.container(key="context", horizontal=True, width="content"):
        chosen = st.menu_button(
            as_text(project.name) if project else "No project",
            options=[*names, _NEW],
            format_func=lambda option: as_text(names.get(option, "New project")),
            type="tertiary",
            icon=":material/folder_open:",
            key="project-menu",
        )
        clicked = st.menu_button(
            as_text(read_reviewer()),
            options=["Sign out" if uses_accounts() else "Change name"],
            type="tertiary",
            icon=":material/person:",
            key="reviewer-menu",
        )
    draw_kept_name(workspace)
    if chosen == _NEW:
        st.session_state["asks_for_project"] = True
        go_to("workspace")
    elif chosen and (project is None or chosen != project.project_id):
        remember_project(chosen)
        st.rerun()
    if clicked == "Sign out":
        sign_out()
    elif clicked:
        ask_name(read_reviewer())
