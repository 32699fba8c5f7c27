"""Workspace: what was loaded, counted and refused."""

import streamlit as st

from components.blank import go_to
from components.headings import card, empty_state, title_row
from components.jobs import draw_job
from components.overview_cards import draw_classes, draw_findings, draw_first_images, draw_progress
from components.project_dialogs import (
    ask_archive,
    ask_bundle,
    ask_delete,
    ask_new_name,
    ask_new_project,
    ask_open_bundle,
    ask_restore,
)
from components.session import choose_project, open_workspace
from components.source_list import draw_sources
from services.demo_projects import JOB as DEMO_JOB
from services.overview import fetch_overview
from services.projects import list_projects
from services.running import folder_key, model_key

ABOUT_PROJECT = {"Rename": ask_new_name, "Save a bundle": ask_bundle, "Archive": ask_archive, "Delete": ask_delete}
ABOUT_ALL = {"Open a bundle": ask_open_bundle, "Archived projects": ask_restore}

workspace = open_workspace()
project = choose_project(workspace)

with title_row("Workspace", project.name if project else "", pill=project.task.in_words if project else ""):
    chosen = st.menu_button("More", options=[*(ABOUT_PROJECT if project else ()), *ABOUT_ALL], key="more")
    wants_project = st.button("New project", icon=":material/add:", type="secondary" if project else "primary")
    if project and st.button("Continue review", type="primary"):
        go_to("review")

if wants_project or st.session_state.pop("asks_for_project", False):
    ask_new_project(workspace)
elif chosen in ABOUT_ALL:
    ABOUT_ALL[chosen](workspace)
elif project and chosen in ABOUT_PROJECT:
    ABOUT_PROJECT[chosen](workspace, project)

is_preparing = draw_job(workspace, DEMO_JOB, watch=lambda: len(list_projects(workspace)))
if project is None:
    words = "The demo projects appear here one by one." if is_preparing else "No project yet."
    empty_state(f"{words} New project takes a folder of JPEG, PNG, WebP or TIFF images.")
    st.stop()

draw_job(workspace, folder_key(project.project_id))
draw_job(workspace, model_key(project.project_id))
overview = fetch_overview(workspace, project)
left, right = st.columns([1.25, 1], gap="small")
with left:
    with card("Sources", key="sources"):
        draw_sources(workspace, project, overview)
    draw_findings(workspace, project, overview)
with right:
    draw_progress(overview)
    draw_first_images(workspace, project, overview)
    draw_classes(project, overview)
