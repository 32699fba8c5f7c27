"""Explain: one image, what the model says about it, and where the score comes from."""

import streamlit as st

from components.blank import go_to, require_images
from components.explain_desk import Desk
from components.explain_maps import collect_maps, draw_downloads, draw_jobs, draw_maps
from components.explain_rail import (
    choose_methods,
    choose_parameters,
    choose_threshold,
    chosen_parameters,
    draw_photo,
    methods_for,
)
from components.explain_target import choose_target
from components.headings import empty_state, title_row
from components.jobs import draw_job
from components.nearest_examples import draw_nearest
from components.session import choose_project, open_workspace, start_review_at, wording_errors
from components.trust_panel import draw_trust_panel, find_findings
from domain.prediction import Task
from services.browsing import load_states
from services.explain_jobs import estimate, list_regions, loading_key, make_request, start_loading
from services.methods import list_methods
from services.scoring import load_active_model

workspace = open_workspace()
chosen = choose_project(workspace)
states = load_states(workspace, chosen) if chosen else []
project = require_images(workspace, chosen, len(states), title="Explain")

places = {state.image.image_id: place for place, state in enumerate(states)}
place = places.get(st.session_state.get("image_id", ""), 0)
state = states[place]
image = state.image
with title_row("Explain", image.image_id, f"{image.width} × {image.height} px", pill=f"{place + 1} of {len(states)}"):
    step = 0
    if st.button("Previous", icon=":material/chevron_left:", disabled=place == 0):
        step = -1
    if st.button("Next", icon=":material/chevron_right:", disabled=place == len(states) - 1):
        step = 1
    downloads = st.container(width="content")
    if st.button("Fix in Review", icon=":material/edit:", type="primary"):
        start_review_at(project.project_id, image.image_id)
        go_to("review")
if step:
    st.session_state["image_id"] = states[place + step].image.image_id
    st.rerun()

body = st.container(horizontal=True, gap="medium", wrap=False)
rail, stage = body.container(width=260), body.container()
if not image.is_readable:
    stage.error(image.problem)
    st.stop()
with rail:
    draw_photo(workspace, project, state)
if project.model_id is None:
    with stage:
        empty_state("No model yet. Load one on the Workspace page to see its predictions and maps.")
        if st.button("Go to Workspace"):
            go_to("workspace")
    st.stop()
with stage:
    start_loading(workspace, project)
    if draw_job(workspace, loading_key(project)):
        st.stop()
    with wording_errors():
        model = load_active_model(workspace, project)
        with rail:
            if project.task is not Task.CLASSIFICATION:
                choose_threshold(workspace, project)
            regions = list_regions(model[0], state, project)
            target = choose_target(project, state, model[0].info.classes, regions=regions)
            methods = [] if target is None else methods_for(target, list_methods(model[0]))
            seconds = estimate(workspace, project, model[0], methods, chosen_parameters(methods))
            names = choose_methods(methods, seconds) if methods else []
            values = choose_parameters(methods, names)
        if target is None:
            empty_state(
                "The model found nothing on this image above the threshold. Predict it first, or choose another."
            )
            st.stop()
        desk = Desk(workspace, project, state, model, target)
        wanted = target.target
        requests = (
            [make_request(state, wanted, target.instance, name, values.get(name, {})) for name in names]
            if wanted
            else []
        )
        done, running = collect_maps(desk, requests)
        finished = [request for request in requests if request.method in done]
        findings = find_findings(desk, finished)
        draw_maps(desk, done, running, findings)
        draw_trust_panel(desk, finished, findings)
        with rail:
            draw_jobs(desk, requests, running)
            draw_nearest(workspace, project, image.image_id)
        with downloads:
            draw_downloads(desk, done)
