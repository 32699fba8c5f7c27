"""Dialogs about whole projects: make, rename, archive, delete, bundle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from components.session import draw_error, forget_project, remember_project
from components.words import as_text, bytes_in_words
from domain.errors import RelookError
from domain.prediction import Task
from domain.project import Project
from services import projects
from services.bundling import open_bundle, save_bundle
from services.format_choices import choices_for_import
from services.importing import guess_task
from services.running import GivenFile, start_import
from services.workspace import Workspace

_TASKS = {
    Task.CLASSIFICATION: "One class for each image",
    Task.MULTILABEL: "Several classes for each image",
    Task.DETECTION: "Boxes",
    Task.SEGMENTATION: "Polygons",
}


@st.dialog("New project", width="medium")
def ask_new_project(workspace: Workspace) -> None:
    """Make a project over a folder of images, with labels or predictions when there are some."""
    folder = st.text_input(
        "Image folder", placeholder="/data/photos", help="Read where it is, never copied or changed."
    )
    labels = st.text_input(
        "Labels (file or folder, optional)", placeholder="/data/labels.jsonl", help=f"Any of: {_format_titles()}."
    )
    predictions = st.text_input("Predictions (file, optional)", placeholder="/data/predictions.jsonl")
    name = st.text_input("Name", placeholder="taken from the folder", max_chars=80)
    task = st.selectbox(
        "Labels are", list(_TASKS), index=None, format_func=lambda task: _TASKS[task], placeholder="told by the files"
    )
    if st.button("Create project", type="primary", disabled=not folder):
        files = [GivenFile(Path(file.strip())) for file in (labels, predictions) if file and file.strip()]
        try:
            path = projects.check_folder(folder or "")
            chosen = task or guess_task(files)
            project = projects.create_project(workspace, name or path.name, chosen, str(path))
        except RelookError as error:
            draw_error(error)
            return
        start_import(workspace, project.project_id, files)
        remember_project(project.project_id)
        st.rerun()


def _format_titles() -> str:
    return ", ".join(choice.title for choice in choices_for_import())


@st.dialog("Rename project")
def ask_new_name(workspace: Workspace, project: Project) -> None:
    name = st.text_input("Name", value=project.name, max_chars=80)
    if st.button("Rename", type="primary"):
        try:
            projects.rename_project(workspace, project.project_id, name or "")
        except RelookError as error:
            draw_error(error)
            return
        st.rerun()


@st.dialog("Archive project")
def ask_archive(workspace: Workspace, project: Project) -> None:
    st.write("It leaves the menus. Nothing is lost: bring it back under Archived projects.")
    if st.button("Archive project", type="primary"):
        projects.archive_project(workspace, project.project_id, now=datetime.now(UTC).isoformat())
        forget_project()
        st.rerun()


@st.dialog("Archived projects")
def ask_restore(workspace: Workspace) -> None:
    archived = [item for item in projects.list_projects(workspace, with_archived=True) if item.archived_at]
    if not archived:
        st.write("There is no archived project.")
    for item in archived:
        if st.button(f"Bring back “{as_text(item.name)}”", key=f"restore-{item.project_id}"):
            projects.archive_project(workspace, item.project_id, now=None)
            remember_project(item.project_id)
            st.rerun()


@st.dialog("Delete project")
def ask_delete(workspace: Workspace, project: Project) -> None:
    """Deleting asks for the name: it takes the decisions along."""
    size = bytes_in_words(projects.measure_disk_use(workspace, project.project_id))
    st.write(f"Labels, predictions and all decisions go, with {size} of maps, exports and models that it taught.")
    st.write("The images stay. To keep the decisions, save a bundle first; to keep a model, copy its weights.")
    typed = st.text_input("Type the name of the project to delete it", placeholder=project.name)
    if st.button("Delete project", type="primary", disabled=typed != project.name):
        projects.delete_project(workspace, project.project_id)
        forget_project()
        st.rerun()


@st.dialog("Save a bundle")
def ask_bundle(workspace: Workspace, project: Project) -> None:
    """One file with everything but the images."""
    st.write("One file with labels, predictions and every decision. It opens in another Relook beside the same images.")
    st.download_button(
        "Download bundle",
        data=lambda: save_bundle(workspace, project.project_id),
        file_name=f"{project.name}.relook",
        mime="application/zip",
        type="primary",
        on_click="ignore",
    )


@st.dialog("Open a bundle")
def ask_open_bundle(workspace: Workspace) -> None:
    file = st.file_uploader("Bundle", type="relook")
    folder = st.text_input("Image folder (where the images lie here)")
    if st.button("Open bundle", type="primary", disabled=file is None) and file is not None:
        try:
            project_id = open_bundle(workspace, file.getvalue(), image_folder=folder or "")
        except RelookError as error:
            draw_error(error)
            return
        remember_project(project_id)
        st.rerun()
