"""The ranked images of the Queue page as pictures, each with its figure and the reason in words."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.gallery import gallery
from components.headings import empty_state
from components.image_panel import draw_image_panel
from components.session import project_token
from components.words import as_text, plural
from domain.project import Project
from services.browsing import median_aspect, revision_of
from services.ranking import RankedImage
from services.ranking_keep import KeptQueue, rank_again
from services.review import fetch_state
from services.workspace import Workspace

MOST_SHOWN = 500
"""Nobody looks further down an order that changes with every decision."""


def draw_order(workspace: Workspace, project: Project, kept: KeptQueue, name: str) -> None:
    """Say what the order is, and whether the project went on since it was made."""
    strategy = kept.queue.strategy
    with st.container(horizontal=True, vertical_alignment="center", key="queue-order"):
        st.markdown(as_text(strategy.summary), width="content")
        if kept.is_stale:
            st.markdown(f":orange[{_told_since(kept)}]", width="content")
            if st.button("Order again", type="tertiary", icon=":material/refresh:"):
                rank_again(workspace, project, name)
                st.rerun()
    for note in kept.queue.notes:
        st.caption(as_text(note))


def _told_since(kept: KeptQueue) -> str:
    if kept.gone:
        return f"{plural(kept.gone, 'image')} decided since this order was made."
    return "The project changed since this order was made."


def draw_pictures(
    workspace: Workspace, project: Project, images: Sequence[RankedImage], *, with_reasons: bool = True
) -> str:
    """Draw the first images of an order, with the reasons or else their classes; return the one that is opened."""
    shown = images[:MOST_SHOWN]
    if not shown:
        empty_state("No image is among these.")
        return ""
    if len(images) > len(shown):
        st.caption(f"The first {len(shown):,} of {len(images):,} are shown.")
    event = gallery(
        [each.image_id for each in shown],
        key=f"queue-{project.project_id}",
        source={
            "url": f"/api/projects/{project.project_id}/cells",
            "token": project_token(workspace, project.project_id),
            "revision": revision_of(workspace, project),
            "has_classes": not (with_reasons or project.task.has_objects),
        },
        aspect=median_aspect(workspace, project),
        threshold=project.threshold,
        reasons={each.image_id: (each.score, each.reason if with_reasons else "") for each in shown},
    )
    key = f"queue-open-{project.project_id}"
    if event.opened:
        st.session_state[key] = event.opened
    opened = st.session_state.get(key, "")
    return opened if any(each.image_id == opened for each in shown) else shown[0].image_id


def split_row() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Place for the pictures, and for a panel beside them."""
    with st.container(horizontal=True, gap="medium", wrap=False):
        return st.container(), st.container(width=332)


def draw_opened(workspace: Workspace, project: Project, image_id: str) -> None:
    """The image that was opened, as Browse shows one."""
    draw_image_panel(workspace, project, fetch_state(workspace, project, image_id))
