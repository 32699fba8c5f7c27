"""One class: what is known about it, and for a lead the means to change it."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from components.class_acts import change, draw_problem
from components.class_dialogs import ask_merge, ask_name
from components.class_examples import draw_examples
from components.class_guidelines import name_field
from components.session import read_reviewer, read_within_callback
from components.tables import draw_table
from components.words import plural
from domain.project import Project
from services.class_details import set_colour
from services.class_facts import ClassFacts
from services.class_list import remove_class
from services.class_rules import LONGEST_GUIDELINE, shorten
from services.workspace import Workspace

_LONGEST_HEAD = 120


def draw_class(workspace: Workspace, project: Project, facts: ClassFacts, *, is_lead: bool, is_settled: bool) -> None:
    """Draw the card of one class.

    Its name comes last: until then the card is still that of the class before, in the browser too, and so is what is
    typed into it. What changes the class is a callback, which a click on another row does not cut short.
    """
    known = facts.known
    with st.container(border=True, key="card-class", gap="small"):
        head = st.container()
        draw_problem(known.key)
        if is_lead:
            _draw_ways(workspace, project, facts, is_settled=is_settled)
        draw_table(("", ""), _facts(project, facts))
        _draw_colour(workspace, project, facts, is_lead=is_lead)
        _draw_guideline(project, facts, is_lead=is_lead)
        draw_examples(workspace, project, known, is_lead=is_lead)
        head.html(
            f'<div class="rl-card-head"><i class="rl-swatch" style="background:{escape(facts.colour)}"></i>'
            f"<h3>{escape(shorten(known.name, _LONGEST_HEAD))}</h3></div>"
        )


def _facts(project: Project, facts: ClassFacts) -> list[tuple[str, str]]:
    images = plural(facts.images, "image")
    labels = f"{plural(facts.objects, 'object')} on {images}" if project.task.has_objects else images
    predictions = plural(facts.predicted, "image")
    rows = [("Labels", labels if facts.images else "none"), ("Predictions", predictions if facts.predicted else "none")]
    before = ", ".join(shorten(name) for name in facts.known.names)
    return [*rows, ("Also called", before)] if before else rows


def _draw_ways(workspace: Workspace, project: Project, facts: ClassFacts, *, is_settled: bool) -> None:
    known = facts.known
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
        remove = partial(remove_class, workspace, project.project_id, known.name, reviewer=read_reviewer())
        key = f"class-remove-{project.project_id}-{known.key}"
        st.button("Remove", key=key, disabled=why is not None, help=why, on_click=change, args=(known.key, remove))


def _draw_colour(workspace: Workspace, project: Project, facts: ClassFacts, *, is_lead: bool) -> None:
    if not is_lead:
        return
    known, colour = facts.known, facts.colour
    place = f"{project.project_id}-{known.key}-{colour}"
    save = partial(set_colour, workspace, project.project_id, known.name, reviewer=read_reviewer())

    def choose() -> None:
        chosen = read_within_callback(f"class-colour-{place}")
        if chosen.upper() != colour.upper():
            change(known.key, partial(save, chosen))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.color_picker("Colour", colour, key=f"class-colour-{place}", on_change=choose)
        if known.colour:
            st.button(
                "Use the palette's", key=f"class-palette-{place}", on_click=change, args=(known.key, partial(save, ""))
            )


def _draw_guideline(project: Project, facts: ClassFacts, *, is_lead: bool) -> None:
    known = facts.known
    if not is_lead:
        words = escape(known.guideline) or '<span class="rl-grey">None yet.</span>'
        st.html(f'<div class="rl-label">Guideline</div><div class="rl-guideline">{words}</div>')
        return
    with st.form(f"class-guideline-{project.project_id}-{known.key}", border=False):
        st.text_area(
            "Guideline",
            known.guideline,
            height=110,
            max_chars=LONGEST_GUIDELINE,
            placeholder="When is an object of this class, and when not?",
            key=name_field(project, known),
        )
        st.form_submit_button("Save guideline")
