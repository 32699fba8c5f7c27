"""Classes: the class list of a project, what each class means, and who changed what about it."""

import streamlit as st

from components.blank import require_images
from components.class_card import draw_class
from components.class_changes import draw_changes
from components.class_dialogs import ask_new_classes
from components.class_guidelines import save_guidelines
from components.class_list import choose_class
from components.headings import empty_state, title_row
from components.jobs import draw_job
from components.session import choose_project, open_workspace, read_role
from components.words import plural
from domain.role import Role
from services.class_facts import list_class_facts
from services.projects import fetch_progress
from services.settling import settling_key

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Classes")
is_lead = read_role(workspace, project.project_id) is Role.LEAD

facts, is_settled = list_class_facts(workspace, project)
if save_guidelines(workspace, project, [each.known for each in facts]):
    st.rerun()
with title_row("Classes", project.name, pill=plural(len(facts), "class")):
    why = None if is_lead else "A lead changes the class list."
    if st.button("Add classes", icon=":material/add:", type="primary", disabled=not is_lead, help=why):
        ask_new_classes(workspace, project)
if not is_lead:
    st.caption("You may look at the class list and not change it: ask a lead for another class, name or guideline.")

body = st.container(horizontal=True, gap="medium", wrap=False)
middle, panel = body.container(), body.container(width=380)
with middle:
    draw_job(workspace, settling_key(project.project_id))
    if facts:
        opened = choose_class(project, facts)
    else:
        opened = None
        empty_state("No class yet. Labels and models bring theirs, and a lead can add some.")
with panel:
    if opened:
        draw_class(workspace, project, opened, is_lead=is_lead, is_settled=is_settled)
    draw_changes(workspace, project, is_lead=is_lead)
