"""Guidelines that were sent with their form: written by the next run of the page, whichever click began it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from zlib import crc32

import streamlit as st

from components.class_acts import change
from components.session import read_reviewer
from domain.class_list import KnownClass
from domain.project import Project
from services.class_details import set_guideline
from services.workspace import Workspace

_SAVED = "class-guidelines-saved"


def name_field(project: Project, known: KnownClass) -> str:
    """The key of the field of a guideline. Another text is another field: what somebody else wrote comes to be seen."""
    return f"{_prefix(project)}{known.key}-{_mark(known.guideline)}"


def save_guidelines(workspace: Workspace, project: Project, classes: Sequence[KnownClass]) -> bool:
    """Write what was sent and not written yet; return whether there was any.

    A text reaches the server only with its form. The click on the button may be lost when another one follows at once,
    since Streamlit begins anew with the newest; the text comes along with that one.
    """
    saved: dict[str, str] = st.session_state.setdefault(_SAVED, {})
    known = {item.key: item for item in classes}
    is_any = False
    for field, text in st.session_state.to_dict().items():
        key, _, mark = field.removeprefix(_prefix(project)).rpartition("-")
        if not field.startswith(_prefix(project)) or key not in known or saved.get(field) == text:
            continue
        if str(_mark((text or "").strip())) == mark:
            continue  # as it was drawn
        write = partial(
            set_guideline, workspace, project.project_id, known[key].name, text or "", reviewer=read_reviewer()
        )
        change(key, write)
        saved[field] = text
        is_any = True
    return is_any


def _prefix(project: Project) -> str:
    return f"class-text-{project.project_id}-"


def _mark(guideline: str) -> int:
    return crc32(guideline.encode())
