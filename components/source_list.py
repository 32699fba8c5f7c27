"""The Sources card: model, images, labels and predictions, each with what was read and a button to change it."""

from __future__ import annotations

from html import escape

import streamlit as st

from components.source_dialogs import ask_file, ask_folder, ask_model
from components.words import plural
from domain.project import Project
from services.overview import Overview
from services.running import start_scoring
from services.workspace import Workspace


def draw_sources(workspace: Workspace, project: Project, overview: Overview) -> None:
    """Draw a row for each source."""
    folder = overview.folder
    facts = [
        plural(folder.images, "image"),
        f"{folder.unreadable:,} unreadable",
        f"{folder.rotated:,} shown turned by their EXIF tag",
        plural(folder.duplicates, "duplicate"),
    ]
    facts += [f"{folder.missing:,} missing"] if folder.missing else []
    facts += [f"{folder.left_out:,} left out"] if folder.left_out else []
    if _row("Images", project.image_folder, ", ".join(facts), button="Change", key="images"):
        ask_folder(workspace, project)
    _draw_model(workspace, project, overview)
    labels = [source for source in overview.sources if source.kind == "labels"]
    for source in labels:
        unused = source.line_count - source.used_count
        noun = "object" if project.task.has_objects else "label"
        facts_of = f"{plural(source.object_count, noun)} on {plural(source.used_count, 'line')}, {unused:,} not used"
        _row("Labels", source.file, facts_of, key=f"source-{source.source_id}")
    if not labels:
        _row("Labels", "No labels", "Predictions are shown alone until there are some.", key="no-labels")
    for source in overview.sources:
        if source.kind == "predictions":
            facts_of = f"{plural(source.used_count, 'line')} of {source.line_count:,} used"
            _row("Predictions", source.file, facts_of, key=f"source-{source.source_id}")
    if st.button("Read labels or predictions", icon=":material/add:", key="add-source"):
        ask_file(workspace, project)


def _draw_model(workspace: Workspace, project: Project, overview: Overview) -> None:
    model = overview.model
    if model is None:
        if _row("Model", "No model", "Load one to see predictions and maps.", button="Load a model", key="model"):
            ask_model(workspace, project)
        return
    info = model.info
    facts = f"{plural(len(info.classes), 'class')}, {plural(overview.predicted, 'image')} predicted"
    if info.input_size:
        facts += f", input {info.input_size[1]} × {info.input_size[0]} px"
    if info.notes:
        facts += ". " + " ".join(info.notes)
    if _row("Model", f"{info.name}, {info.version}", facts, button="Change", key="model"):
        ask_model(workspace, project)
    if model.spec is not None and not overview.is_scored and st.button("Predict the remaining images", key="score"):
        start_scoring(workspace, project.project_id)
        st.rerun()


def _row(name: str, main: str, facts: str, *, key: str, button: str = "") -> bool:
    with st.container(horizontal=True, vertical_alignment="center", key=f"source-row-{key}"):
        st.html(
            f'<div class="rl-source"><b>{escape(name)}</b><div>{escape(main)}</div><span>{escape(facts)}</span></div>'
        )
        return bool(button) and st.button(button, type="tertiary", key=f"change-{key}")
