"""Browse: every image with its label and prediction, filtered and sorted."""

import streamlit as st

from components.blank import go_to, require_images
from components.browse_filters import clear_filters, draw_filters
from components.gallery import Size, gallery
from components.headings import empty_state, title_row
from components.image_list import draw_review_these, narrow, title_of_list
from components.image_panel import draw_image_panel
from components.jobs import draw_job
from components.session import (
    choose_project,
    open_workspace,
    project_token,
    read_reviewer,
    read_role,
    start_review_at,
)
from components.words import plural
from domain.role import Role
from services.browsing import fetch_choices, find_images, median_aspect, revision_of
from services.projects import fetch_progress
from services.queue_order import ORDERS
from services.review import fetch_state
from services.settling import settling_key
from services.withholding import as_on_desk

SIZES: dict[str, Size] = {"Small": "S", "Medium": "M", "Large": "L"}

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Browse")

head = st.container()
body = st.container(horizontal=True, gap="medium", wrap=False)
rail, middle, panel = body.container(width=232), body.container(), body.container(width=332)
with rail:
    filters, show = draw_filters(project, fetch_choices(workspace, project))
with head:
    order_at_hand = st.session_state.get("browse-order", "name")
    found = find_images(workspace, project, filters, order_at_hand)
    names = narrow(project.project_id, found.image_ids)
    with title_row(
        "Browse", f"{found.total if len(names) == len(found.image_ids) else len(names):,} of {total:,} images"
    ):
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
        listed = title_of_list(project.project_id)
        if listed or filters.count:
            title = listed or f"Browse: {plural(filters.count, 'filter')}"
            draw_review_these(workspace, project, title, names, is_main=True)
        elif st.button("Review", type="primary", disabled=not names):
            start_review_at(project.project_id, names[0])
            go_to("review")
with middle:
    draw_job(workspace, settling_key(project.project_id))
    if names:
        if found.is_cut:
            st.caption(
                f"The first {len(names):,} of {found.total:,} images are listed. Filter further, search the file name "
                "or change the order to reach the others."
            )
        event = gallery(
            names,
            key=f"gallery-{project.project_id}",
            source={
                "url": f"/api/projects/{project.project_id}/cells",
                "token": project_token(workspace, project.project_id),
                "revision": revision_of(workspace, project),
                "has_classes": not project.task.has_objects,
            },
            size=SIZES[size or "Medium"],
            show=show,
            aspect=median_aspect(workspace, project),
            threshold=project.threshold,
        )
        if event.opened:
            st.session_state["image_id"] = event.opened
    else:
        empty_state(f"No image matches these {filters.count} filters. Without them there are {total:,}.")
        st.button("Clear all filters", on_click=clear_filters, args=(project,))
with panel:
    if names:
        opened = st.session_state.get("image_id", "")
        shown = opened if opened in set(names) else names[0]
        is_lead = read_role(workspace, project.project_id) is Role.LEAD
        state = fetch_state(workspace, project, shown, reviewer=None if is_lead else read_reviewer())
        draw_image_panel(workspace, project, state if is_lead else as_on_desk(project, state))
