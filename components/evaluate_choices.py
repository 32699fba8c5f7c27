"""What the Evaluate page compares: which images, and with what."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from domain.project import Project
from domain.splits import SPLITS
from services.evaluate_project import list_others
from services.workspace import Workspace

_ALL = "All images"
_BEFORE = "Before review"


def choose_split(project: Project, counts: Mapping[str, int]) -> str:
    """Ask for the split whose images are compared; empty for all. Without splits nothing is asked."""
    known = [name for name in SPLITS if counts.get(name)]
    if not known:
        return ""
    chosen = st.selectbox(
        "Images",
        ["", *known],
        format_func=lambda name: f"{name.capitalize()}, {counts[name]:,}" if name else _ALL,
        key=f"evaluate-split-{project.project_id}",
        label_visibility="collapsed",
        width=170,
    )
    return chosen or ""


def choose_other_model(workspace: Workspace, project: Project) -> str:
    """Ask what the change is measured from: the id of another model, or empty for before review."""
    names = {model.info.model_id: model.info.name for model in list_others(workspace, project)}
    if not names:
        return ""
    chosen = st.selectbox(
        "Compare with",
        ["", *names],
        format_func=lambda model_id: (
            f"Compare with {names[model_id]}" if model_id else f"Compare with {_BEFORE.lower()}"
        ),
        key=f"evaluate-against-{project.project_id}",
        label_visibility="collapsed",
        width=270,
    )
    return chosen or ""
