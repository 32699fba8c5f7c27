"""What changes the class list is done before the page runs: no click on something else can come in between."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.session import draw_error
from domain.errors import RelookError

_PROBLEM = "class-problem"


def change(place: str, act: Callable[[], object]) -> None:
    """Do it, as a callback; why it could not be done is kept for `draw_problem`.

    Args:
        place: The part of the page it was asked for on.
        act: It may not ask Streamlit for anything before it is done: there a click that came since would end it.
    """
    problem = None
    try:
        act()
    except RelookError as error:
        problem = error
    st.session_state[_PROBLEM] = (place, problem)


def draw_problem(place: str) -> None:
    """Say why the last change asked for at that place could not be made."""
    where, problem = st.session_state.get(_PROBLEM, ("", None))
    if problem is not None and where == place:
        draw_error(problem)
