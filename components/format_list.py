"""The formats a project can be written in, one below the other with a line each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.headings import card
from services.format_choices import FormatChoice


def choose_format(choices: Sequence[FormatChoice]) -> FormatChoice:
    """Draw the list and return the format chosen; the address keeps it."""
    by_name = {choice.name: choice for choice in choices}
    with card("Format", key="formats"):
        chosen = st.radio(
            "Format",
            list(by_name),
            format_func=lambda name: by_name[name].title,
            captions=[choice.summary for choice in choices],
            label_visibility="collapsed",
            key="export-format",
            bind="query-params",
        )
    return by_name[chosen or choices[0].name]


def choose_contents(choice: FormatChoice) -> str:
    """Ask whether labels, predictions or both are written, where the format has a place for both."""
    if len(choice.contents) == 1:
        return choice.contents[0]
    chosen = st.selectbox(
        "What to write",
        choice.contents,
        label_visibility="collapsed",
        width=200,
        key=f"contents-{choice.name}",
    )
    return chosen or choice.contents[0]
