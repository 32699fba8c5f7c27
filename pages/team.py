"""Team: who works on a project, how far they agree, and what waits for a lead."""

import streamlit as st

from components.blank import require_images
from components.headings import title_row
from components.session import choose_project, open_workspace, read_role
from components.team_agreement import draw_agreement
from components.team_differences import draw_differences
from components.team_flags import draw_flags
from components.team_people import draw_overlap, draw_people
from domain.role import Role
from services.consensus import compare_reviewers
from services.leading import list_flagged
from services.projects import fetch_progress

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Team")
role = read_role(workspace, project.project_id)
is_lead = role is Role.LEAD

comparison = compare_reviewers(workspace, project)
flags = list_flagged(workspace, project)
with title_row("Team", f"You are {role.value} of {project.name}"):
    pass
left, right = st.columns([1, 1.4], gap="medium")
with left:
    draw_people(workspace, project, is_lead=is_lead)
    draw_overlap(workspace, project, is_lead=is_lead)
    draw_agreement(comparison)
with right:
    differences, flagged = st.tabs([f"Differences {len(comparison.disagreements):,}", f"Flags {len(flags):,}"])
    with differences:
        draw_differences(workspace, project, comparison, is_lead=is_lead)
    with flagged:
        draw_flags(workspace, project, flags, is_lead=is_lead)
