"""How far each class is."""

from __future__ import annotations

import streamlit as st

from components.headings import card
from components.jobs import draw_job
from components.tables import draw_table
from domain.project import Project
from services.class_rules import shorten
from services.progress_report import ClassDone, ProgressReport
from services.settling import settling_key
from services.workspace import Workspace

_SHOWN = 12
_LONGEST = 80


def draw_class_progress(workspace: Workspace, project: Project, report: ProgressReport) -> None:
    """Done and left for some classes, those with most left first; a search leads to the others."""
    with card("Classes", key="progress-classes", note="those with most images left first"):
        if not report.is_settled:
            draw_job(workspace, settling_key(project.project_id))
            st.caption("Not all images are read yet: these counts will grow.")
        found = report.classes
        if len(found) > _SHOWN:
            typed = st.text_input(
                "Search",
                placeholder=f"Search {len(found):,} classes",
                key=f"progress-search-{project.project_id}",
                label_visibility="collapsed",
            )
            wanted = (typed or "").strip().casefold()
            found = [each for each in found if wanted in each.name.casefold()]
        if not report.classes:
            st.caption("No image has a class yet.")
        elif not found:
            st.caption("No class bears that name.")
        else:
            heads = ("Class", "Images done", "Left", "Done")
            draw_table(heads, [_row(each) for each in found[:_SHOWN]], numeric=(1, 2, 3))
        if len(found) > _SHOWN:
            st.caption(f"{len(found) - _SHOWN:,} more.")


def _row(each: ClassDone) -> tuple[str, str, str, str]:
    share = each.done / (each.done + each.left) if each.done + each.left else 0.0
    return shorten(each.name, _LONGEST), f"{each.done:,}", f"{each.left:,}", f"{100 * share:.0f} %"
