"""Review: the desk. The component holds the queue and speaks to the routes of `endpoint/` itself."""

import streamlit as st

from components.annotator import annotator
from components.blank import go_to, require_images
from components.session import (
    choose_project,
    count_review_starts,
    describe_lost_project,
    first_review_image,
    name_installation,
    open_workspace,
    project_token,
    read_reviewer,
    read_role,
    renew_token,
)
from domain.version import VERSION
from services.class_facts import describe_classes
from services.projects import fetch_progress
from services.queue_order import ORDERS

workspace = open_workspace()
chosen = choose_project(workspace)
project = require_images(
    workspace, chosen, fetch_progress(workspace, chosen.project_id).total if chosen else 0, title="Review"
)

with st.container(key="desk"):
    choice = annotator(
        {
            "version": VERSION,
            "installation": name_installation(workspace),
            "project": project.project_id,
            "api": f"/api/projects/{project.project_id}",
            "token": project_token(workspace, project.project_id),
            "reviewer": read_reviewer(),
            "role": read_role(workspace, project.project_id).value,
            "task": project.task.value,
            "classes": describe_classes(workspace, project),
            "threshold": project.threshold,
            "order": st.session_state.get("browse-order", "name"),
            "orders": [{"key": key, "title": title} for key, title in ORDERS.items()],
            "start": first_review_image(project.project_id),
            "start_number": count_review_starts(project.project_id),
            "notice": describe_lost_project(project),
            "has_model": project.model_id is not None,
            "model_id": project.model_id,
        },
        key=f"annotator-{project.project_id}",
    )
if choice.renew:
    renew_token(project.project_id)
    st.rerun()
if choice.order:
    st.session_state["browse-order"] = choice.order
if choice.go in {"export", "workspace"}:
    go_to(choice.go)
