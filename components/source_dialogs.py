"""Dialogs that change what a project reads: its model, its folder, its label and prediction files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from components.session import draw_error
from domain.errors import RelookError
from domain.model_spec import InputOrientation, ModelSpec
from domain.project import Project
from services.class_names import read_numbered_classes
from services.format_choices import choices_for_import
from services.importing import keep_upload
from services.model_catalogue import list_model_names, list_path_runtimes
from services.running import GivenFile, start_import, start_model, start_relink
from services.workspace import Workspace

UPLOADS = ["jsonl", "json", "txt", "csv", "xml", "zip", "parquet"]


@st.dialog("Load a model", width="medium")
def ask_model(workspace: Workspace, project: Project) -> None:
    """Choose a model and its checkpoint; loading and predicting run in the background."""
    by_path = list_path_runtimes(project.task)
    name = st.selectbox(
        "Model",
        [*list_model_names(project.task), *by_path],
        help="A torchvision builder, a demo model, or a model by its file or folder.",
    )
    if name in by_path:
        name = _ask_path(by_path[name])
        weights = ""
    else:
        weights = st.text_input(
            "Checkpoint",
            placeholder="/models/checkpoint.pth, model.safetensors, or DEFAULT for torchvision's own weights",
            help="A state_dict. Files that hold pickled objects are refused.",
            disabled=name.startswith("demo/"),
        )
    classes = st.text_input("Class names (text or JSON file, optional)", placeholder="taken from the weights")
    resize, crop, orientation = _ask_preprocessing()
    if st.button("Load and predict", type="primary", disabled=name.endswith("/")):
        spec = ModelSpec(
            name=name,
            weights=(weights or "").strip(),
            classes=(classes or "").strip(),
            resize=resize,
            crop=crop,
            orientation=orientation,
        )
        start_model(workspace, project.project_id, spec)
        st.rerun()


@st.dialog("Image folder", width="medium")
def ask_folder(workspace: Workspace, project: Project) -> None:
    st.write("Read the folder again after files were added or replaced, or say where it lies now.")
    folder = st.text_input("Image folder", value=project.image_folder)
    is_same = (folder or "").strip() == project.image_folder
    if st.button("Read again" if is_same else "Relink", type="primary"):
        if is_same:
            start_import(workspace, project.project_id)
        else:
            start_relink(workspace, project.project_id, folder or "")
        st.rerun()


@st.dialog("Labels or predictions", width="medium")
def ask_file(workspace: Workspace, project: Project) -> None:
    """Read a file or folder from the server's disk, or a file from the browser."""
    st.write("Reading a file of the same name again replaces what it said; decisions stay.")
    path = (st.text_input("Path on the server", placeholder="/data/labels.jsonl") or "").strip()
    upload = st.file_uploader("Or a file of this computer", type=UPLOADS)
    format_name, classes = ask_format()
    mends = st.toggle(
        "Read pixels and foreign keys as what they are",
        help="For label lines in another notation than Azure's, such as xmin, ymin, xmax, ymax in pixels.",
    )
    takes_splits = st.toggle(
        "Take the splits that the file names",
        help="Also for images whose split was made here by dividing them; else these keep it.",
    )
    if st.button("Read file", type="primary", disabled=not path and upload is None):
        try:
            numbered = read_numbered_classes(classes) if classes else {}
            given = keep_upload(workspace, upload, upload.name) if upload is not None else GivenFile(Path(path))
            wish = {"format_name": format_name, "classes": numbered, "mends": mends, "takes_splits": takes_splits}
            start_import(workspace, project.project_id, (replace(given, **wish),))
        except RelookError as error:
            draw_error(error)
            return
        st.rerun()


def ask_format() -> tuple[str, str]:
    """Ask for the format of a file, and for class names; both may stay empty."""
    titles = {choice.name: choice.title for choice in choices_for_import()}
    left, right = st.columns(2)
    with left:
        name = st.selectbox(
            "Format", list(titles), index=None, format_func=titles.__getitem__, placeholder="told by the content"
        )
    with right:
        classes = st.text_input(
            "Class names by number", placeholder="can, carton, ... or a file", help="For files that hold numbers only."
        )
    return name or "", (classes or "").strip()


def _ask_path(runtime: str) -> str:
    """Ask where a model lies; the name ends with a slash until that is said."""
    if runtime == "torchscript":
        st.caption("TorchScript is a program, not a sandbox: load only files you trust.")
        path = st.text_input("File", placeholder="/models/model.pt")
    else:
        st.caption("Config, image processor and safetensors as save_pretrained wrote them. Nothing is downloaded.")
        path = st.text_input("Folder", placeholder="/models/vit")
    return f"{runtime}/{(path or '').strip().rstrip('/')}"


def _ask_preprocessing() -> tuple[int | None, int | None, InputOrientation]:
    with st.expander("Preprocessing"):
        resize = st.number_input("Resize short side to (px)", 8, 4096, value=None, placeholder="the model's own")
        crop = st.number_input("Centre crop (px)", 8, 4096, value=None, placeholder="the model's own")
        upright = st.toggle("Feed images upright", help="Else the stored pixel grid, as Azure's runtime does.")
    orientation = InputOrientation.UPRIGHT if upright else InputOrientation.STORED
    return resize, crop, orientation
