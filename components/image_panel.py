"""The panel beside the gallery: the opened image, what label and prediction say, where to go from here."""

from __future__ import annotations

from html import escape
from pathlib import PurePosixPath

import streamlit as st

from components.blank import go_to
from components.headings import card
from components.session import start_review_at
from components.tables import draw_table
from domain.prediction import Content, Instances, Labels
from domain.project import ImageState, Project
from services.picture_addresses import picture_address
from services.queue_order import difference_of
from services.shown import above_threshold
from services.workspace import Workspace

_ROWS = 12


def draw_image_panel(workspace: Workspace, project: Project, state: ImageState) -> None:
    """Draw the panel of one image."""
    image = state.image
    difference = difference_of(state, project)
    with card(PurePosixPath(image.image_id).name, key="focused", note=f"{image.width} × {image.height} px"):
        address = escape(picture_address(workspace, project.project_id, image, "thumbnails"))
        if image.is_readable:
            st.html(f'<img class="rl-photo" src="{address}" alt="{escape(image.image_id)}">')
        else:
            st.html(f"<p>{escape(image.problem)}</p>")
        if difference:
            st.html(f'<span class="rl-pill rl-orange">{escape(difference)}</span>')
        rows = [(name, "label", "") for name in _names(state.label)]
        rows += [(name, "prediction", f"{score:.3f}") for name, score in _scored(state.prediction, project)]
        if rows:
            draw_table(("Class", "Source", "Score"), rows[:_ROWS], numeric=(2,))
        if state.decision:
            st.html(f'<span class="rl-grey">{escape(_decided(state))}</span>')
        with st.container(horizontal=True):
            if st.button("Explain", key="panel-explain", disabled=not image.is_readable):
                st.session_state["image_id"] = image.image_id
                go_to("explain")
            if st.button("Review", key="panel-review"):
                start_review_at(project.project_id, image.image_id)
                go_to("review")


def _decided(state: ImageState) -> str:
    decision = state.decision
    if decision is None:
        return ""
    words = {
        "accept": "Accepted",
        "correct": "Corrected",
        "reject": "Rejected",
        "skip": "Skipped",
        "flag": "Flagged",
        "wrong_evidence": "Marked as wrong evidence",
        "send_back": "Sent back",
        "resolve": "Flag answered",
    }
    note = f": {decision.note}" if decision.note else ""
    when = decision.decided_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"{words.get(decision.verdict, decision.verdict)} by {decision.reviewer}, {when}{note}"


def _names(content: Content | None) -> list[str]:
    if isinstance(content, Labels):
        return list(content.scores)
    return [item.label for item in content.items] if isinstance(content, Instances) else []


def _scored(content: Content | None, project: Project) -> list[tuple[str, float]]:
    if isinstance(content, Labels):
        return content.top(3)
    answer = above_threshold(content, project)
    return [(item.label, item.score or 0.0) for item in answer.items] if isinstance(answer, Instances) else []
