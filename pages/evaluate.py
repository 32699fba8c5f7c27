"""Evaluate: how good the predictions are, before review and after or beside another model, and the images behind it."""

from functools import partial

import streamlit as st

from components.blank import go_to, require_images
from components.evaluate_choices import choose_other_model, choose_split
from components.evaluate_curves import draw_curves, draw_reliability
from components.evaluate_details import draw_costs, draw_flips, draw_images, draw_slices
from components.evaluate_figures import draw_classes, draw_matrix, draw_rates, draw_strip
from components.evaluate_splits import draw_splits
from components.headings import empty_state, title_row
from components.jobs import draw_job
from components.session import choose_project, open_workspace, read_role
from components.words import as_text
from domain.role import Role
from services.evaluate_project import evaluation_key, find_evaluation
from services.evaluate_report import render_report
from services.evaluation_result import FLIPS
from services.projects import fetch_progress
from services.splits import count_splits

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Evaluate")
is_lead = read_role(workspace, project.project_id) is Role.LEAD
splits = count_splits(workspace, project.project_id)
place = f"evaluate-{project.project_id}"

with title_row("Evaluate", project.name):
    split = choose_split(project, splits)
    against = choose_other_model(workspace, project)
    evaluation, is_current = find_evaluation(workspace, project, split=split, against=against)
    compared = len(evaluation.image_ids) if evaluation else 0
    if evaluation is not None and compared:
        st.download_button(
            "Download report",
            data=partial(render_report, evaluation),
            file_name="evaluation.html",
            mime="text/html",
            icon=":material/download:",
            on_click="ignore",
        )
if evaluation is not None and compared:
    st.caption(as_text(f"{evaluation.facts}."))
if not is_current:
    draw_job(workspace, evaluation_key(project.project_id, split=split, against=against))
if evaluation is not None and not compared:
    empty_state(evaluation.nothing)
    for note in evaluation.notes:
        st.caption(as_text(note))
    if st.button("Go to Workspace", type="primary"):
        go_to("workspace")
    draw_splits(workspace, project, splits, may_divide=is_lead)
elif evaluation is not None:
    opened = st.session_state.get(place, FLIPS[0] if evaluation.about.other else "errors")
    is_below = opened.startswith(("point/", "slice/")) and evaluation.matrix is not None
    may_open = is_lead or (project.overlap == 1 and not project.withheld_share)
    draw_opened = partial(draw_images, workspace, project, evaluation, opened, may_open=may_open)
    draw_strip(evaluation.headlines)
    left, right = st.columns([1.15, 1], gap="small")
    with left:
        if evaluation.matrix is not None:
            draw_matrix(project, evaluation.matrix, place)
        else:
            draw_slices(workspace, project, evaluation, place)
        if is_below:
            st.caption("The images stand below, beside what opened them.")
        else:
            draw_opened()
        if not evaluation.costs:
            draw_flips(project, evaluation, place)
    with right:
        draw_classes(project, evaluation, place)
        if evaluation.costs:
            draw_costs(project, evaluation, place)
            draw_flips(project, evaluation, place)
        else:
            draw_reliability(project, evaluation, place)
    draw_rates(project, evaluation, place)
    below, beside = st.columns([1.15, 1], gap="small")
    with below:
        draw_curves(project, evaluation, place)
        if is_below:
            draw_opened()
        draw_splits(workspace, project, splits, may_divide=is_lead)
    with beside:
        if evaluation.matrix is not None:
            draw_slices(workspace, project, evaluation, place)
    for note in (*evaluation.notes, "Intervals are 95 %, by drawing the images anew with replacement, seed 0."):
        st.caption(as_text(note))
