"""The questions a lead answers to change the class list: new classes, another name, a merge."""

from __future__ import annotations

import streamlit as st

from components.class_list import open_place
from components.session import draw_error, read_reviewer, wording_errors
from components.words import as_text, plural
from domain.errors import RelookError
from domain.project import Project
from services.class_facts import ClassFacts
from services.class_list import add_classes, merge_classes, rename_class
from services.class_rules import LONGEST_NAME, NameTakenError, shorten
from services.workspace import Workspace


@st.dialog("Add classes")
def ask_new_classes(workspace: Workspace, project: Project) -> None:
    """Ask for names, one a line."""
    text = st.text_area("Names, one a line", height=200, key="new-classes") or ""
    names = [line for line in text.splitlines() if line.strip()]
    st.caption("A name that is in the list already is left as it is. Whoever reviews now sees new classes at once.")
    if not st.button("Add", type="primary", key="add-classes"):
        return
    if not names:
        st.caption("Type at least one name.")
        return
    with wording_errors():
        fresh = add_classes(workspace, project.project_id, names, read_reviewer())
        if not fresh:
            st.caption("All of these are in the list already.")
            return
        st.session_state[open_place(project.project_id)] = fresh[0]
        st.rerun()


@st.dialog("Rename a class")
def ask_name(workspace: Workspace, project: Project, facts: ClassFacts) -> None:
    """Ask for another name; one that another class bears leads to a merge."""
    name = facts.known.name
    to = st.text_input("Name", name, max_chars=max(LONGEST_NAME, len(name)), key="class-new-name") or ""
    st.caption("Labels, predictions and decisions bear the new name from then on, exports too.")
    if st.button("Rename", type="primary", disabled=not to.strip(), key="rename-class"):
        try:
            rename_class(workspace, project.project_id, name, to, reviewer=read_reviewer())
        except NameTakenError as taken:
            st.session_state["class-taken"] = (name, taken.into)
            draw_error(taken)
        except RelookError as error:
            draw_error(error)
        else:
            st.rerun()
    refused, into = st.session_state.get("class-taken", ("", ""))
    is_refused = refused == name and into == " ".join(to.split())
    if is_refused and st.button(f"Merge into {as_text(shorten(into))}", key="merge-instead"):
        with wording_errors():
            _merge_into(workspace, project, name, into)
            st.rerun()


@st.dialog("Merge a class into another")
def ask_merge(workspace: Workspace, project: Project, facts: ClassFacts) -> None:
    """Ask which class takes this one in."""
    name = facts.known.name
    into = st.selectbox(
        f"Merge {as_text(shorten(name))} into",
        [other for other in project.classes if other != name],
        index=None,
        placeholder="Choose a class",
        key="class-into",
    )
    what = f"{plural(facts.images, 'image')} labelled {as_text(shorten(name))}"
    st.caption(f"{what} and all its predictions count as the other class from then on. This can be taken back.")
    if st.button("Merge", type="primary", disabled=into is None, key="merge-classes") and into:
        with wording_errors():
            _merge_into(workspace, project, name, into)
            st.rerun()


def _merge_into(workspace: Workspace, project: Project, name: str, into: str) -> None:
    merge_classes(workspace, project.project_id, name, into, reviewer=read_reviewer())
    st.session_state.pop("class-taken", None)
    known = project.class_list.find(into)
    if known is not None:
        st.session_state[open_place(project.project_id)] = known.key
