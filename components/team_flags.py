"""Flags nobody answered yet, and a lead's answers."""

from __future__ import annotations

from html import escape

import streamlit as st

from components.blank import go_to
from components.headings import empty_state
from components.session import draw_error, read_reviewer, start_review_at
from domain.errors import RelookError
from domain.project import Project
from services import leading
from services.leading import Flagged
from services.picture_addresses import picture_address
from services.workspace import Workspace

_THUMBNAIL = 120


def draw_flags(workspace: Workspace, project: Project, flags: list[Flagged], *, is_lead: bool) -> None:
    """Each flag with its comment, and a field for the answer."""
    if not flags:
        empty_state("No flag waits for an answer.")
        return
    for flagged in flags:
        _draw_one(workspace, project, flagged, is_lead=is_lead)


def _draw_one(workspace: Workspace, project: Project, flagged: Flagged, *, is_lead: bool) -> None:
    image, decision = flagged.image, flagged.decision
    key = decision.decision_id
    with st.container(border=True, horizontal=True, gap="medium", key=f"flag-{key}"):
        with st.container(width=_THUMBNAIL):
            address = escape(picture_address(workspace, project.project_id, image, "thumbnails"))
            st.html(f'<img class="rl-photo" src="{address}" alt="{escape(image.image_id)}">')
        with st.container():
            when = decision.decided_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            st.html(
                f"<p><b>{escape(image.image_id)}</b> "
                f'<span class="rl-grey">flagged by {escape(decision.reviewer)}, {when}</span><br>'
                f"{escape(decision.note) or '(no comment)'}</p>"
            )
            if is_lead:
                _draw_answer(workspace, project, flagged)
        if st.button("Look at it", key=f"look-{key}"):
            start_review_at(project.project_id, image.image_id)
            go_to("review")


def _draw_answer(workspace: Workspace, project: Project, flagged: Flagged) -> None:
    with st.form(f"answer-{flagged.decision.decision_id}", border=False, clear_on_submit=True):
        note = st.text_input("Answer", placeholder="What should be done?", label_visibility="collapsed")
        if not st.form_submit_button("Answer"):
            return
    try:
        refused = leading.answer_flag(workspace, project, read_reviewer(), flagged, note or "")
        if refused:
            raise refused[0].error
    except RelookError as error:
        draw_error(error)
        return
    st.rerun()
