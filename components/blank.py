"""Pages that have nothing to show yet say so, and offer the one thing to do."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import streamlit as st

from components.headings import empty_state, title_row
from components.jobs import draw_job
from domain.project import Project
from services.demo_projects import JOB as DEMO_JOB
from services.projects import list_projects
from services.running import folder_key
from services.workspace import Workspace

_PAGES = Path(__file__).parent.parent / "pages"


def require_images(workspace: Workspace, project: Project | None, count: int, *, title: str) -> Project:
    """Return the project, or end the page with what is missing."""
    if project is None or not count:
        _draw_blank(workspace, project, title)
    return project


def _draw_blank(workspace: Workspace, project: Project | None, title: str) -> NoReturn:
    with title_row(title):
        pass
    if project is None:
        draw_job(workspace, DEMO_JOB, watch=lambda: len(list_projects(workspace)))
    else:
        draw_job(workspace, folder_key(project.project_id))
    what = "No images yet." if project else "No project yet."
    empty_state(f"{what} Choose a folder of JPEG, PNG, WebP or TIFF images on the Workspace page.")
    if st.button("Go to Workspace", type="primary"):
        go_to("workspace")
    st.stop()


def go_to(page: str) -> NoReturn:
    """Show another page."""
    st.switch_page(_PAGES / f"{page}.py")
