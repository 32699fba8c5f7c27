"""Queue: which images to look at first and why, what may be accepted unseen, and which images are alike."""

import streamlit as st

from components.blank import go_to, require_images
from components.headings import empty_state, title_row
from components.image_list import draw_review_these
from components.jobs import draw_job
from components.queue_accepting import draw_accepting
from components.queue_images import draw_opened, draw_order, draw_pictures, split_row
from components.queue_map import chosen_on_map, draw_map
from components.queue_menu import Side, choose_count, choose_side, choose_strategy, draw_missing
from components.session import choose_project, open_workspace, read_role, wording_errors
from components.words import plural
from domain.role import Role
from services.projects import fetch_progress
from services.ranking_keep import find_queue, ranking_key

workspace = open_workspace()
chosen = choose_project(workspace)
progress = fetch_progress(workspace, chosen.project_id) if chosen else None
project = require_images(workspace, chosen, progress.total if progress else 0, title="Queue")
is_lead = read_role(workspace, project.project_id) is Role.LEAD

if not is_lead and (project.overlap > 1 or project.withheld_share):
    with title_row("Queue"):
        pass
    empty_state(
        "Only a lead may see this order: on this project some images are decided on without what the model, or others, "
        "say. The desk has the images that wait for you."
    )
    if st.button("Review", type="primary"):
        go_to("review")
    st.stop()

waiting = progress.total - progress.decided - progress.skipped if progress else 0
head, body = st.container(), st.container()
kept = None
with head, title_row("Queue", f"{waiting:,} of {plural(progress.total if progress else 0, 'image')} wait"):
    side = choose_side()
    if side is Side.MAP:
        if on_map := chosen_on_map(project):
            draw_review_these(workspace, project, "Map", on_map, is_main=True)
        with body:
            draw_map(workspace, project)
        st.stop()
    choice = choose_strategy(workspace, project)
    with body, wording_errors():
        if not choice.missing:
            kept = find_queue(workspace, project, choice.strategy.name)
    images = kept.queue.images if kept else ()
    if side is Side.FIRST:
        count = choose_count(project, len(images))
        draw_review_these(
            workspace,
            project,
            f"Queue: {choice.strategy.title}",
            [each.image_id for each in images[:count]],
            is_main=True,
            reasons={each.image_id: each.reason for each in images[:count]},
        )
with body:
    draw_job(workspace, ranking_key(project.project_id))
    if choice.missing:
        draw_missing(workspace, project, choice)
    elif kept is not None and side is Side.LAST:
        draw_accepting(workspace, project, kept)
    elif kept is not None and not images:
        empty_state("No image waits for a decision. Evaluate shows what the review changed, Export writes the labels.")
        if st.button("Open Export", type="primary"):
            go_to("export")
    elif kept is not None:
        draw_order(workspace, project, kept, choice.strategy.name)
        middle, panel = split_row()
        with middle:
            opened = draw_pictures(workspace, project, images)
        with panel:
            draw_opened(workspace, project, opened)
