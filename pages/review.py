"""Review: the desk. The component holds the queue and speaks to the routes of `endpoint/` itself."""

import streamlit as st

from components.annotator import annotator
from components.blank import go_to, require_images
from components.review_list import follow_desk_order, read_desk_order
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

workspace = open_workspace()
chosen = choose_project(workspace)
project = require_images(
    workspace, chosen, fetch_progress(workspace, chosen.project_id).total if chosen else 0, title="Review"
)
desk = read_desk_order(workspace, project)

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
            "order": desk.order,
            "orders": desk.menu,
            "whole_order": desk.whole,
            "start": first_review_image(project.project_id),
            "start_number": count_review_starts(project.project_id),
            "notice": describe_lost_project(project) or desk.notice,
            "has_model": project.model_id is not None,
            "model_id": project.model_id,
        },
        key=f"annotator-{project.project_id}",
    )
if choice.renew:
    renew_token(project.project_id)
    st.rerun()
if choice.order:
    follow_desk_order(project, choice.order)
if choice.go in {"export", "workspace", "up_next"}:
    go_to(choice.go)
