"""A list of images that another page found: Browse shows exactly those until it is told to show all."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.words import as_text, plural


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


def _place(project_id: int) -> str:
    return f"image-list-{project_id}"
