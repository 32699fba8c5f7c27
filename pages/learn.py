"""Learn: let the model learn from the labels, watch it, and compare it with what it was."""

import streamlit as st

from components.blank import go_to, require_images
from components.headings import empty_state, title_row
from components.jobs import draw_job
from components.learn_progress import draw_curves, draw_ended, draw_live
from components.learn_rail import draw_rail
from components.learn_result import draw_figures, draw_flips, draw_maps, draw_use
from components.session import choose_project, open_workspace, read_role, wording_errors
from domain.role import Role
from services.learning import RunState, learning_key, list_teachable, newest_run, start_using
from services.learning_data import count_labelled
from services.projects import fetch_progress
from services.running import find_job, is_active, model_key

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Learn")
run = newest_run(workspace, project.project_id)
job = find_job(workspace, learning_key(project.project_id))
is_learning = job is not None and is_active(job)
is_done = run is not None and run.state is RunState.DONE and not is_learning
infos = list_teachable(workspace, project)

is_lead = read_role(workspace, project.project_id) is Role.LEAD
with title_row("Learn", project.name):
    if run is not None and is_done and is_lead:
        is_used = project.model_id == run.model
        if st.button("In use" if is_used else "Use this model", type="primary", disabled=is_used):
            start_using(workspace, project.project_id, run.model)
            st.rerun()
draw_job(workspace, model_key(project.project_id))
if not is_lead:
    empty_state("Only a lead may let the model of this project learn.")
    st.stop()
if not infos:
    kind = "detector" if project.task.has_objects else "classifier"
    empty_state(f"No model that can learn yet. Load a {kind} of torchvision or of the demo on the Workspace page.")
    if st.button("Go to Workspace", type="primary"):
        go_to("workspace")
    st.stop()
counts = count_labelled(workspace, project)
body = st.container(horizontal=True, gap="medium", wrap=False)
rail, stage = body.container(width=264), body.container()
with rail:
    draw_rail(workspace, project, infos, counts, is_learning=is_learning)
with stage, wording_errors():
    if is_learning:
        draw_live(workspace, project)
    elif run is None and not counts["labelled"]:
        empty_state("No image has a label yet. Import labels on the Workspace page, or decide on images in Review.")
    elif run is None:
        empty_state("Nothing learned yet. Choose what to learn from, then start.")
    elif run.state is RunState.DONE:
        left, right = st.columns(2, gap="small")
        with left:
            draw_figures(run)
        with right:
            draw_use(run)
        draw_flips(workspace, project, run)
        draw_maps(workspace, project, run)
        draw_curves(run, project)
    else:
        draw_ended(workspace, run)
        draw_curves(run, project)
