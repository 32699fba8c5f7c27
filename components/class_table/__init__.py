"""`class_table()`: one page of the class list; a row opens its class beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import streamlit as st
from streamlit.components.v2 import component


class ClassRow(TypedDict):
    """One class as the table shows it."""

    key: str
    """Its lasting name."""
    name: str
    colour: str
    others: Sequence[str]
    """Other names that labels may bear for it."""
    images: str
    """Counts as they are to be read; all of them texts, never markup."""
    objects: str
    predicted: str
    guideline: bool
    examples: int


_mount = component("components.class_table", js="class_table.js", css="class_table.css", isolate_styles=True)


def class_table(rows: Sequence[ClassRow], *, key: str, place: str, has_objects: bool) -> None:
    """Draw the rows.

    Args:
        rows: Some hundred at most: what is drawn is there.
        key: Identity of the table.
        place: Name in the session's state of the class that is open; a click writes its key there before the next run.
        has_objects: Whether a column counts objects.
    """

    def remember() -> None:
        st.session_state[place] = st.session_state[key]["opened"]

    data = {"rows": list(rows), "open": st.session_state.get(place), "has_objects": has_objects}
    _mount(key=key, data=data, on_opened_change=remember)
