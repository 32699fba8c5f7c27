"""One class: what is known about it, and for a lead the means to change it."""

from __future__ import annotations

from html import escape

import streamlit as st

from components.class_dialogs import ask_merge, ask_name
from components.class_examples import draw_examples
from components.session import read_reviewer, wording_errors
from components.tables import draw_table
from components.words import plural
from domain.project import Project
from services.class_details import set_colour, set_guideline
from services.class_facts import ClassFacts
from services.class_list import remove_class
from services.class_rules import LONGEST_GUIDELINE, shorten
from services.workspace import Workspace

_LONGEST_HEAD = 120


def draw_class(workspace: Workspace, project: Project, facts: ClassFacts, *, is_lead: bool, is_settled: bool) -> None:
    """Draw the card of one class."""
    known = facts.known
    with st.container(border=True, key="card-class", gap="small"):
        st.html(
            f'<div class="rl-card-head"><i class="rl-swatch" style="background:{escape(facts.colour)}"></i>'
            f"<h3>{escape(shorten(known.name, _LONGEST_HEAD))}</h3></div>"
        )
        if is_lead:
            _draw_ways(workspace, project, facts, is_settled=is_settled)
        draw_table(("", ""), _facts(project, facts))
        _draw_colour(workspace, project, facts, is_lead=is_lead)
        _draw_guideline(workspace, project, facts, is_lead=is_lead)
        draw_examples(workspace, project, known, is_lead=is_lead)


def _facts(project: Project, facts: ClassFacts) -> list[tuple[str, str]]:
    images = plural(facts.images, "image")
    labels = f"{plural(facts.objects, 'object')} on {images}" if project.task.has_objects else images
    predictions = plural(facts.predicted, "image")
    rows = [("Labels", labels if facts.images else "none"), ("Predictions", predictions if facts.predicted else "none")]
    before = ", ".join(shorten(name) for name in facts.known.names)
    return [*rows, ("Also called", before)] if before else rows


def _draw_ways(workspace: Workspace, project: Project, facts: ClassFacts, *, is_settled: bool) -> None:
    name = facts.known.name
    why = None
    if facts.images:
        why = f"{plural(facts.images, 'image')} labelled so: merge it into another class instead."
    elif not is_settled:
        why = "Labels are still being read: whether one bears it is not known yet."
    with st.container(horizontal=True, gap="small"):
        if st.button("Rename", key="class-rename"):
            ask_name(workspace, project, facts)
        if st.button("Merge", key="class-merge", disabled=len(project.classes) < 2):
            ask_merge(workspace, project, facts)
        if st.button("Remove", key="class-remove", disabled=why is not None, help=why):
            with wording_errors():
                remove_class(workspace, project.project_id, name, reviewer=read_reviewer())
                st.rerun()


def _draw_colour(workspace: Workspace, project: Project, facts: ClassFacts, *, is_lead: bool) -> None:
    if not is_lead:
        return
    known, place = facts.known, f"{project.project_id}-{facts.known.key}-{facts.colour}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        colour = st.color_picker("Colour", facts.colour, key=f"class-colour-{place}")
        wants_palette = bool(known.colour) and st.button("Use the palette's", key=f"class-palette-{place}")
    chosen = "" if wants_palette else colour
    if wants_palette or colour.upper() != facts.colour.upper():
        with wording_errors():
            set_colour(workspace, project.project_id, known.name, chosen, reviewer=read_reviewer())
            st.rerun()


def _draw_guideline(workspace: Workspace, project: Project, facts: ClassFacts, *, is_lead: bool) -> None:
    known = facts.known
    if not is_lead:
        words = escape(known.guideline) or '<span class="rl-grey">None yet.</span>'
        st.html(f'<div class="rl-label">Guideline</div><div class="rl-guideline">{words}</div>')
        return
    with st.form(f"class-guideline-{project.project_id}-{known.key}", border=False):
        text = st.text_area(
            "Guideline",
            known.guideline,
            height=110,
            max_chars=LONGEST_GUIDELINE,
            placeholder="When is an object of this class, and when not?",
            key=f"class-text-{project.project_id}-{known.key}-{hash(known.guideline)}",
        )
        is_saved = st.form_submit_button("Save guideline")
    if is_saved and (text or "").strip() != known.guideline:
        with wording_errors():
            set_guideline(workspace, project.project_id, known.name, text or "", reviewer=read_reviewer())
            st.rerun()
