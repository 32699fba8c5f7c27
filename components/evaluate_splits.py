"""Train, validation and test of a project: how many images each has, and dividing those that have none."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.headings import card
from components.jobs import draw_job
from components.session import wording_errors
from components.tables import draw_table
from components.words import as_text, plural
from domain.project import Project
from domain.splits import SPLITS
from services.running import find_job
from services.splits import SHARES, Division, division_key, start_division
from services.workspace import Workspace


def draw_splits(workspace: Workspace, project: Project, counts: Mapping[str, int], *, may_divide: bool) -> None:
    """The splits with their sizes; who may change the project can divide the images."""
    total = sum(counts.values())
    with card("Splits", key="splits", note="kept from imports, or made here" if len(counts) > 1 else ""):
        if set(counts) <= {""}:
            st.caption("No image belongs to a split. Imports keep the one that a file or a folder names.")
        else:
            rows = [
                (name.capitalize() if name else "In no split", f"{counts[name]:,}", f"{counts[name] / total:.0%}")
                for name in (*SPLITS, "")
                if counts.get(name)
            ]
            draw_table(("", "Images", "Share"), rows, numeric=(1, 2))
        key = division_key(project.project_id)
        notes = f"division-{project.project_id}"
        job = find_job(workspace, key)
        if job is not None and isinstance(job.result, Division):
            st.session_state[notes] = _tell(job.result)
        if draw_job(workspace, key):
            return
        for note in st.session_state.get(notes, ()):
            st.caption(as_text(note))
        if may_divide:
            _ask(workspace, project, has_splits=len(counts) > 1 or "" not in counts, is_open="" in counts)


def _tell(made: Division) -> list[str]:
    kept = f" {plural(made.together, 'image')} stayed together with a near-duplicate." if made.together else ""
    return [f"{plural(made.divided, 'image')} got a split.{kept}", *made.notes]


def _ask(workspace: Workspace, project: Project, *, has_splits: bool, is_open: bool) -> None:
    with (
        st.popover("Divide images", icon=":material/call_split:"),
        st.form(f"divide-{project.project_id}", border=False),
    ):
        st.caption("Each split gets the same mix of classes; near-duplicates and equal files stay together.")
        columns = st.columns(len(SPLITS), gap="small")
        shares = {
            name: column.number_input(f"{name.capitalize()}, %", 0.0, 100.0, SHARES[name], 5.0, format="%.0f")
            for name, column in zip(SPLITS, columns, strict=True)
        }
        anew = not is_open
        if has_splits:
            anew = st.checkbox("Also images that have a split: divide all anew", value=not is_open)
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, help="The same seed divides alike.")
        if st.form_submit_button("Divide", type="primary"):
            with wording_errors():
                start_division(workspace, project.project_id, shares=shares, anew=anew, seed=int(seed))
                st.rerun()
