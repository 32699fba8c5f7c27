"""A list of images that another page found: Browse shows exactly those until it is told to show all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components.review_list import review_images
from components.session import wording_errors
from components.words import as_text, plural
from domain.project import Project
from services.workspace import Workspace

REVIEW_KEY = "D"  # for desk: R and C are Streamlit's own


def keep_list(project_id: int, title: str, images: Sequence[str]) -> None:
    """Remember the images for the Browse page of this tab."""
    st.session_state[_place(project_id)] = (title, frozenset(images))


def narrow(project_id: int, names: Sequence[str]) -> list[str]:
    """Return those of `names` that are on the list, all where there is none; draw what the list is, and a way out."""
    kept = st.session_state.get(_place(project_id))
    if kept is None:
        return list(names)
    title, images = kept
    found = [name for name in names if name in images]
    with st.container(horizontal=True, vertical_alignment="center", key="image-list"):
        st.markdown(f"**{as_text(title)}**: {plural(len(found), 'image')}", width="content")
        if st.button("Show all images", icon=":material/close:", type="tertiary"):
            del st.session_state[_place(project_id)]
            st.rerun()
    return found


def title_of_list(project_id: int) -> str:
    """What the list on Browse is called; empty where there is none."""
    return st.session_state.get(_place(project_id), ("", None))[0]


def draw_review_these(
    workspace: Workspace,
    project: Project,
    title: str,
    images: Sequence[str],
    *,
    is_main: bool = False,
    reasons: Mapping[str, str] | None = None,
) -> None:
    """A button, and a key, that lead to the desk on exactly these images.

    Args:
        workspace: The workspace.
        project: The project.
        title: Where the images came from, as the desk tells it.
        images: In the order of review.
        is_main: Whether it is the main button of the page.
        reasons: Image -> why it is there, in words.
    """
    words = "Review this one" if len(images) == 1 else f"Review these {len(images):,}"
    kind = "primary" if is_main else "secondary"
    if st.button(words, key="review-these", type=kind, disabled=not images, shortcut=REVIEW_KEY):
        with wording_errors():
            review_images(workspace, project, title, images, reasons=reasons)


def _place(project_id: int) -> str:
    return f"image-list-{project_id}"
