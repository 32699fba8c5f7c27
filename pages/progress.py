"""Progress: how much is done, how fast it goes, when it ends, and what shown predictions do to decisions."""

import streamlit as st

from components.blank import go_to, require_images
from components.headings import title_row
from components.jobs import draw_job
from components.progress_bias import draw_bias
from components.progress_chart import draw_activity
from components.progress_classes import draw_class_progress
from components.progress_pace import draw_pace
from components.progress_people import draw_reviewers
from components.progress_standing import draw_standing
from components.session import choose_project, open_workspace, read_role
from domain.role import Role
from services.progress_report import counting_key, fetch_standing, find_report
from services.projects import fetch_progress

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Progress")
role = read_role(workspace, project.project_id)

standing = fetch_standing(workspace, project)
report = find_report(workspace, project)
with title_row("Progress", project.name, pill="all decided" if not standing.left else f"{standing.left:,} left"):
    if st.button("Continue review", type="primary"):
        go_to("review")

left, right = st.columns([1.2, 1], gap="small")
with left:
    draw_standing(standing)
    if report is None:
        draw_job(workspace, counting_key(project.project_id))
    else:
        draw_pace(report, project)
        draw_activity(report.activity)
with right:
    if report is not None:
        draw_reviewers(report)
        draw_class_progress(workspace, project, report)
    draw_bias(workspace, project, is_lead=role is Role.LEAD)
