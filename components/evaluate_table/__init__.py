"""`evaluate_table()`: figures in a table of which every row or cell opens its images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import streamlit as st
from streamlit.components.v2 import component


class Cell(TypedDict):
    """One cell; all texts are texts, never markup."""

    text: str
    key: NotRequired[str]
    """Of the images it opens; none for a cell that opens nothing of its own."""
    title: NotRequired[str]
    tone: NotRequired[str]
    """"right", "wrong", "better", "worse" or "grey"."""
    share: NotRequired[float]
    """0 to 1: how strong the colour is, or how long the bar."""
    dots: NotRequired[Sequence[float | None]]
    """Before and after, 0 to 1, drawn on a line in place of the text."""


class Row(TypedDict):
    """One row."""

    name: str
    cells: Sequence[Cell]
    key: NotRequired[str]
    colour: NotRequired[str]


_mount = component("components.evaluate_table", js="evaluate_table.js", css="evaluate_table.css", isolate_styles=True)


def evaluate_table(
    label: str, heads: Sequence[str], rows: Sequence[Row], *, key: str, place: str, is_matrix: bool = False
) -> None:
    """Draw the rows.

    Args:
        label: What the table is, for those who hear it.
        heads: Of the first column and of each cell.
        rows: Some hundred at most: what is drawn is there.
        key: Identity of the table.
        place: Name in the session's state of the key that is open; a click writes there before the next run.
        is_matrix: Cells are coloured and open images; else rows do.
    """

    def remember() -> None:
        opened = st.session_state[key]["opened"]
        if opened:
            st.session_state[place] = opened

    data = {
        "label": label,
        "heads": list(heads),
        "rows": list(rows),
        "open": st.session_state.get(place),
        "is_matrix": is_matrix,
    }
    _mount(key=key, data=data, on_opened_change=remember)
