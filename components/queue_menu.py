"""The menus of the Queue page: the strategy, and how many images of its order."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from components.blank import go_to
from components.headings import empty_state
from components.jobs import draw_job
from domain.project import Project
from services.ranking_choices import Choice, list_choices
from services.ranking_keep import embedding_key, start_embedding
from services.workspace import Workspace


class Side(StrEnum):
    """What the page shows: either end of an order, or all images beside those like them."""

    FIRST = "Worth a look"
    LAST = "Looks right"
    MAP = "Map"


_SITTINGS = (50, 200, 1000)


def choose_side() -> Side:
    """Draw the choice between the images to look at first, those that may be accepted unseen, and the map."""
    chosen = st.segmented_control(
        "Side", list(Side), default=Side.FIRST, key="queue-side", label_visibility="collapsed", required=True
    )
    return chosen or Side.FIRST


def choose_strategy(workspace: Workspace, project: Project) -> Choice:
    """Draw the menu of strategies, the usual one first; those that lack something say so when they are chosen."""
    choices = {choice.strategy.name: choice for choice in list_choices(workspace, project)}
    key = f"queue-strategy-{project.project_id}"
    if st.session_state.get(key) not in choices:
        st.session_state[key] = next(name for name, choice in choices.items() if not choice.missing)
    name = st.selectbox(
        "Strategy",
        list(choices),
        format_func=lambda name: choices[name].strategy.title + (" (not ready)" if choices[name].missing else ""),
        key=key,
        label_visibility="collapsed",
        width=250,
    )
    return choices[name]


def choose_count(project: Project, total: int) -> int:
    """Draw the menu of how many images, from the first on, the desk is to get."""
    counts = [count for count in _SITTINGS if count < total] + [total]
    key = f"queue-count-{project.project_id}"
    kept = st.session_state.get(f"{key}-kept", _SITTINGS[0])
    chosen = st.selectbox(
        "How many",
        counts,
        index=next((place for place, count in enumerate(counts) if count >= kept), len(counts) - 1),
        format_func=lambda count: f"All {count:,}" if count == total else f"First {count:,}",
        label_visibility="collapsed",
        width=140,
        disabled=total == 0,
    )
    st.session_state[f"{key}-kept"] = chosen
    return chosen


def draw_missing(workspace: Workspace, project: Project, choice: Choice) -> None:
    """Say what a strategy lacks, and offer what can be done about it."""
    empty_state(f"{choice.strategy.title} looks at {choice.strategy.needs}. {choice.missing}")
    if not choice.strategy.needs.has_embeddings or project.model_id is None:
        if st.button("Go to Workspace", type="primary"):
            go_to("workspace")
    else:
        draw_computing(workspace, project, is_main=True)


def draw_computing(workspace: Workspace, project: Project, *, is_main: bool = False) -> None:
    """Draw the button that computes what the model sees, or how far that is."""
    is_running = draw_job(workspace, embedding_key(project.project_id))
    if not is_running and st.button("Compute it", key="embed", type="primary" if is_main else "secondary"):
        start_embedding(workspace, project.project_id)
        st.rerun()
