"""The class list with a search: some classes at a time, one of them open."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.class_table import ClassRow, class_table
from components.headings import empty_state
from components.words import plural
from domain.project import Project
from services.class_facts import ORDERS, ClassFacts, find_classes

_AT_ONCE = 100


def open_place(project_id: int) -> str:
    """Where the session keeps the lasting name of the class that is open."""
    return f"class-{project_id}"


def choose_class(project: Project, facts: Sequence[ClassFacts]) -> ClassFacts | None:
    """Draw the search and the rows; return the class that is open, at first the first one."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed = st.text_input(
            "Search",
            placeholder=f"Search {plural(len(facts), 'class')}, by earlier names too",
            key=f"class-search-{project.project_id}",
            label_visibility="collapsed",
        )
        order = st.selectbox(
            "Order",
            list(ORDERS),
            format_func=lambda name: ORDERS[name],
            key=f"class-order-{project.project_id}",
            label_visibility="collapsed",
            width=190,
        )
    found = find_classes(facts, typed=typed or "", order=order or "palette")
    if not found:
        empty_state(f"No class is or was called “{typed}”.")
        return _find_open(project, facts)
    pages = -(-len(found) // _AT_ONCE)
    rows = st.container()
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            page = st.pagination(pages, key=f"class-page-{project.project_id}-{pages}-{typed}-{order}")
            first = (page - 1) * _AT_ONCE
            last = min(first + _AT_ONCE, len(found))
            st.caption(f"{first + 1:,} to {last:,} of {len(found):,}", width="content")
    shown = found[(page - 1) * _AT_ONCE : page * _AT_ONCE]
    opened = _find_open(project, facts) or shown[0]
    st.session_state[open_place(project.project_id)] = opened.known.key
    with rows:
        class_table(
            [_row(each) for each in shown],
            key=f"class-table-{project.project_id}",
            place=open_place(project.project_id),
            has_objects=project.task.has_objects,
        )
    return opened


def _find_open(project: Project, facts: Sequence[ClassFacts]) -> ClassFacts | None:
    key = st.session_state.get(open_place(project.project_id))
    return next((each for each in facts if each.known.key == key), None)


def _row(facts: ClassFacts) -> ClassRow:
    known = facts.known
    return {
        "key": known.key,
        "name": known.name,
        "colour": facts.colour,
        "others": known.names,
        "images": f"{facts.images:,}",
        "objects": f"{facts.objects:,}",
        "predicted": f"{facts.predicted:,}",
        "guideline": bool(known.guideline),
        "examples": len(known.examples),
    }
