"""Browse: every image with its label and prediction, filtered and sorted."""

import streamlit as st

from components.blank import go_to, require_images
from components.browse_filters import clear_filters, draw_filters
from components.gallery import Size, gallery
from components.headings import empty_state, title_row
from components.image_panel import draw_image_panel
from components.session import choose_project, open_workspace, project_token, start_review_at
from services.browsing import count_choices, filter_states, load_states, median_aspect, revision_of
from services.queue_order import ORDERS

SIZES: dict[str, Size] = {"Small": "S", "Medium": "M", "Large": "L"}

workspace = open_workspace()
chosen = choose_project(workspace)
states = load_states(workspace, chosen) if chosen else []
project = require_images(workspace, chosen, len(states), title="Browse")

head = st.container()
body = st.container(horizontal=True, gap="medium", wrap=False)
rail, middle, panel = body.container(width=232), body.container(), body.container(width=332)
with rail:
    filters, show = draw_filters(project, count_choices(states, project))
with head:
    order_at_hand = st.session_state.get("browse-order", "name")
    found = filter_states(states, project, filters, order_at_hand)
    with title_row("Browse", f"{len(found):,} of {len(states):,} images"):
        st.selectbox(
            "Order",
            list(ORDERS),
            format_func=lambda name: ORDERS[name],
            key="browse-order",
            label_visibility="collapsed",
            width=250,
        )
        size = st.segmented_control(
            "Size", list(SIZES), default="Medium", key="browse-size", label_visibility="collapsed", required=True
        )
        if st.button("Review these" if filters.count else "Review", type="primary", disabled=not found):
            start_review_at(project.project_id, found[0].image.image_id)
            go_to("review")
with middle:
    if found:
        event = gallery(
            [state.image.image_id for state in found],
            key=f"gallery-{project.project_id}",
            source={
                "url": f"/api/projects/{project.project_id}/cells",
                "token": project_token(workspace, project.project_id),
                "revision": revision_of(states, project),
                "has_classes": not project.task.has_objects,
            },
            size=SIZES[size or "Medium"],
            show=show,
            aspect=median_aspect(states),
            threshold=project.threshold,
        )
        if event.opened:
            st.session_state["image_id"] = event.opened
    else:
        empty_state(f"No image matches these {filters.count} filters. Without them there are {len(states):,}.")
        st.button("Clear all filters", on_click=clear_filters, args=(project,))
with panel:
    by_id = {state.image.image_id: state for state in found}
    focused = by_id.get(st.session_state.get("image_id", "")) or (found[0] if found else None)
    if focused:
        draw_image_panel(workspace, project, focused)
