"""Long work on the page: a bar, what is left, and a button to stop it. The page itself stays free."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from html import escape

import streamlit as st

from components.words import seconds_in_words
from services.running import Job, find_job, forget_job, is_active
from services.workspace import Workspace

_BEGUN_AT = "page-begun-at"


def note_beginning() -> None:
    """Remember when the page began to read, so that it runs again when a job ends before it is drawn."""
    st.session_state[_BEGUN_AT] = time.monotonic()


def draw_job(workspace: Workspace, key: Hashable, *, watch: Callable[[], object] | None = None) -> bool:
    """Draw the job of that key, if there is one; return whether it still runs.

    When it ends, or what `watch` returns changes, the page runs again. A job that failed or was cancelled leaves its
    sentence until it is dismissed.
    """
    job = find_job(workspace, key)
    if job is None:
        return False
    if is_active(job):
        _draw_running(workspace, key, watch, watch() if watch else None)
        return True
    if job.ended_at >= st.session_state.get(_BEGUN_AT, job.ended_at + 1):
        st.rerun()  # it ended while this page was being drawn: what stands above it may be from before
    if job.message:
        _draw_ended(workspace, job)
    else:
        forget_job(workspace, key)
    return False


@st.fragment(run_every=0.5)
def _draw_running(workspace: Workspace, key: Hashable, watch: Callable[[], object] | None, seen: object) -> None:
    job = find_job(workspace, key)
    if job is None or not is_active(job) or (watch is not None and watch() != seen):
        st.rerun(scope="app")
    share = job.done / job.total if job.total else 0.0
    with st.container(border=True, key=f"job-{abs(hash(key))}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            counted = f"{job.done:,} of {job.total:,} {job.unit}, {seconds_in_words(job.seconds_left)}"
            words = counted if job.total else "starting"
            note = f'<span class="rl-grey">{escape(words)}</span>'
            st.html(f'<div class="rl-card-head"><h3>{escape(job.title)}</h3>{note}</div>')
            if st.button("Cancel", key=f"cancel-{abs(hash(key))}"):
                job.cancel()
        st.html(f'<div class="rl-bar"><i style="width:{100 * share:.1f}%"></i></div>')


def _draw_ended(workspace: Workspace, job: Job) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"ended-{abs(hash(job.key))}"):
        st.html(f"<div><b>{escape(job.title)}</b> <span>{escape(job.message)}</span></div>")
        if st.button("Dismiss", key=f"dismiss-{abs(hash(job.key))}"):
            forget_job(workspace, job.key)
            st.rerun()
