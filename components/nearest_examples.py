"""Decided images like the one that is explained, in the rail."""

from __future__ import annotations

import streamlit as st

from components.image_links import link_to_desk
from components.session import read_reviewer, read_role
from components.words import as_text
from domain.project import Project
from domain.role import Role
from services.nearest import find_nearest
from services.workspace import Workspace

_VERDICTS = {"accept": "accepted", "correct": "corrected"}


def draw_nearest(workspace: Workspace, project: Project, image_id: str) -> None:
    """Draw the nearest ones with what a person said of them and how alike they are, or say why there are none."""
    is_lead = read_role(workspace, project.project_id) is Role.LEAD
    found = find_nearest(workspace, project, image_id, reviewer=read_reviewer(), sees_all=is_lead)
    usual = "" if found.typical is None else f", others {_percent(found.typical)}"
    st.caption(f"**Alike and decided**{usual}")
    if found.missing:
        st.caption(as_text(found.missing))
        return
    links = (
        link_to_desk(
            workspace,
            project,
            each.image.image_id,
            each.image,
            each.label,
            f"{_VERDICTS[each.verdict]}, {_percent(each.likeness)}",
        )
        for each in found.examples
    )
    st.html(f'<div class="rl-behind">{"".join(links)}</div>')


def _percent(share: float) -> str:
    return f"{100 * max(0.0, share):.0f} %"
