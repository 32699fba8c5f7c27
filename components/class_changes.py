"""The history of the class list, and a lead's way back."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from components.class_acts import change, draw_problem
from components.headings import card
from components.session import read_reviewer
from domain.project import Project
from services.class_history import ClassChange, list_class_changes, turn_round
from services.workspace import Workspace

_AT_ONCE = 10
_PLACE = "changes"


def draw_changes(workspace: Workspace, project: Project, *, is_lead: bool) -> None:
    """The changes, newest first, some at a time."""
    changes = list_class_changes(workspace, project.project_id)
    place = f"class-changes-{project.project_id}"
    count = st.session_state.get(place, _AT_ONCE)
    with card("Changes", key="class-changes", note=f"{len(changes):,}" if changes else ""):
        if not changes:
            st.caption("Nobody changed the class list yet: labels and models brought these classes.")
        draw_problem(_PLACE)
        for made in changes[:count]:
            _draw_one(workspace, project, made, is_lead=is_lead)
        if len(changes) > count and st.button("Show older", type="tertiary", key="older-changes"):
            st.session_state[place] = count + 5 * _AT_ONCE
            st.rerun()


def _draw_one(workspace: Workspace, project: Project, made: ClassChange, *, is_lead: bool) -> None:
    when = made.changed_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    who = escape(made.reviewer) or "a file that was read"
    state = '<span class="rl-pill">taken back</span> ' if made.is_undone else ""
    with st.container(horizontal=True, vertical_alignment="top", gap="small"):
        st.html(
            f'<div class="rl-change">{state}{escape(made.sentence)}<br><span class="rl-grey">{who}, {when}</span></div>'
        )
        if not is_lead or not made.rows:
            return
        words = "Bring back" if made.is_undone else "Take back"
        turn = partial(turn_round, workspace, project.project_id, made, reviewer=read_reviewer())
        st.button(words, type="tertiary", key=f"change-{made.rows[0]}", on_click=change, args=(_PLACE, turn))
