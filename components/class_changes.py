"""The history of the class list, and a lead's way back."""

from __future__ import annotations

from html import escape

import streamlit as st

from components.headings import card
from components.session import read_reviewer, wording_errors
from domain.project import Project
from services.class_history import ClassChange, list_class_changes, turn_round
from services.workspace import Workspace

_AT_ONCE = 10


def draw_changes(workspace: Workspace, project: Project, *, is_lead: bool) -> None:
    """The changes, newest first, some at a time."""
    changes = list_class_changes(workspace, project.project_id)
    place = f"class-changes-{project.project_id}"
    count = st.session_state.get(place, _AT_ONCE)
    with card("Changes", key="class-changes", note=f"{len(changes):,}" if changes else ""):
        if not changes:
            st.caption("Nobody changed the class list yet: labels and models brought these classes.")
        for change in changes[:count]:
            _draw_one(workspace, project, change, is_lead=is_lead)
        if len(changes) > count and st.button("Show older", type="tertiary", key="older-changes"):
            st.session_state[place] = count + 5 * _AT_ONCE
            st.rerun()


def _draw_one(workspace: Workspace, project: Project, change: ClassChange, *, is_lead: bool) -> None:
    when = change.changed_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    who = escape(change.reviewer) or "a file that was read"
    state = '<span class="rl-pill">taken back</span> ' if change.is_undone else ""
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        st.html(
            f'<div class="rl-change">{state}{escape(change.sentence)}<br>'
            f'<span class="rl-grey">{who}, {when}</span></div>'
        )
        if not is_lead or not change.rows:
            return
        words = "Bring back" if change.is_undone else "Take back"
        if st.button(words, type="tertiary", key=f"change-{change.rows[0]}"):
            with wording_errors():
                turn_round(workspace, project.project_id, change, reviewer=read_reviewer())
                st.rerun()
