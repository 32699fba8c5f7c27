"""A file that is written in the background and shown when it is there."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from components.jobs import draw_job
from components.session import draw_error
from components.words import as_text
from domain.errors import InputError
from services.running import Job, find_job, forget_job
from services.workspace import Workspace

_PATIENCE = 2.0

Made = TypeVar("Made")


def wait_for(
    workspace: Workspace, key: Hashable, *, find: Callable[[], Made | InputError | None], start: Callable[[], Job]
) -> Made | None:
    """What was written; None while it is being written, or when it cannot be: both are drawn.

    Args:
        workspace: The workspace.
        key: Of the job that writes it.
        find: Gives what was written or why it cannot be; None when it is not there, or is out of date.
        start: Starts the job.
    """
    job, found = find_job(workspace, key), find()
    is_running = False
    if found is None and (job is None or not job.message):
        job = start()
        is_running = not job.ended.wait(_PATIENCE)
        found = find()
    if isinstance(found, InputError):
        draw_error(found)
        return None
    if found is None and job is not None:
        _draw_job(workspace, job, is_running=is_running)
    return found


def _draw_job(workspace: Workspace, job: Job, *, is_running: bool) -> None:
    if is_running:  # as it was before the last look: when it has ended since, the page looks again
        draw_job(workspace, job.key)
    elif job.message:
        st.error(as_text(job.message))
        if st.button("Write it again"):
            forget_job(workspace, job.key)
            st.rerun()
