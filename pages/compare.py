"""Compare: two models or two methods on the same images, where labels agree but evidence differs first."""

import streamlit as st

from components.blank import go_to, require_images
from components.compare_maps import draw_comparison
from components.compare_rail import choose_image, choose_methods, choose_models, draw_start, wait_for_models
from components.headings import empty_state, title_row
from components.jobs import draw_job
from components.session import choose_project, open_workspace, start_review_at, wording_errors
from services.browsing import load_states
from services.comparing import compare_images, comparison_key, list_loadable
from services.scoring import load_model

workspace = open_workspace()
chosen = choose_project(workspace)
states = load_states(workspace, chosen) if chosen else []
project = require_images(workspace, chosen, len(states), title="Compare")
infos = list_loadable(workspace, project)

head = st.container()
body = st.container(horizontal=True, gap="medium", wrap=False)
rail, stage = body.container(width=332), body.container()
if not infos:
    with head, title_row("Compare"):
        pass
    with stage:
        empty_state("No model yet. Load one or two on the Workspace page to compare what they look at.")
        if st.button("Go to Workspace"):
            go_to("workspace")
    st.stop()
with stage, wording_errors():
    slots = (rail.container(), rail.container())
    model_ids = choose_models(project, infos, slots)
    if wait_for_models(workspace, project, model_ids):
        st.stop()
    models = (
        load_model(workspace, project.project_id, model_ids[0]),
        load_model(workspace, project.project_id, model_ids[1]),
    )
    sides = choose_methods(project, model_ids, models, slots)
    compared = compare_images(workspace, project, sides, models)
    with rail:
        is_running = draw_job(workspace, comparison_key(project, sides))
        draw_start(workspace, project, sides, compared, is_running=is_running)
        image = choose_image(workspace, project, compared)
    draw_comparison(workspace, project, image, sides=sides, models=models, infos=infos)
    with head:
        ready = sum(item.overlap is not None for item in compared)
        with title_row("Compare", image.state.image.image_id, f"{ready:,} of {len(compared):,} images compared"):
            if st.button("Fix in Review", icon=":material/edit:", type="primary"):
                start_review_at(project.project_id, image.state.image.image_id)
                go_to("review")
