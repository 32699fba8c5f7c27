"""What a callback reads must not be a point at which a newer click ends it."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.runtime.state import SafeSessionState, SessionState, session_state_proxy

from components.session import read_within_callback


class NewerClickError(Exception):
    """Stands for the exception by which Streamlit ends a run when somebody clicked again."""


def test_a_callback_reads_what_was_typed_though_somebody_clicked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def end_the_run() -> None:
        raise NewerClickError

    typed = SessionState()
    typed["guideline"] = "With a lid."
    state = SafeSessionState(typed, end_the_run)
    monkeypatch.setattr(session_state_proxy, "get_session_state", lambda: state)
    with pytest.raises(NewerClickError):
        _ = st.session_state["guideline"]
    assert read_within_callback("guideline") == "With a lid."
