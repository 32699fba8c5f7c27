"""What costs mAP, slices, what flipped, and the images behind a number of the Evaluate page."""

from __future__ import annotations

import streamlit as st

from components.blank import go_to
from components.evaluate_table import Row, evaluate_table
from components.evaluate_words import change, figure, span, tone
from components.headings import card, empty_state
from components.image_links import link_to_desk
from components.image_list import draw_review_these, keep_list
from components.jobs import draw_job
from components.words import plural
from domain.project import Project
from services.class_facts import fetch_images
from services.evaluation_looks import looks_key, start_looks
from services.evaluation_result import FLIPS, ProjectEvaluation
from services.workspace import Workspace

_AT_ONCE = 8


def draw_costs(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """Each kind of fault, how often, and what mending it alone would gain."""
    with card("What costs mAP", key="costs", note="at IoU 0.50; the gain if this kind alone were mended"):
        rows: list[Row] = [
            {
                "name": each.words,
                "key": each.key,
                "cells": [{"text": f"{each.count:,}"}, {"text": change(each.gain), "tone": tone(each.gain)}],
            }
            for each in sorted(evaluation.costs, key=lambda each: -(each.gain or 0.0))
        ]
        heads = ["Fault", "Objects", "mAP 50"]
        evaluate_table("What costs mAP", heads, rows, key=f"costs-{project.project_id}", place=place)


def draw_flips(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """The images that are right on one side of the comparison only."""
    later, earlier = evaluation.about.sides
    with card("Flipped", key="flips", note=f"images that turned right or wrong, from {earlier} to {later}"):
        rows: list[Row] = []
        for key, name, better in zip(FLIPS, ("Turned right", "Turned wrong"), ("better", "worse"), strict=True):
            count = len(evaluation.groups.get(key, ()))
            rows.append(
                {"name": name, "key": key, "cells": [{"text": f"{count:,}", "tone": better if count else "grey"}]}
            )
        evaluate_table("Flipped", ["", "Images"], rows, key=f"flips-{project.project_id}", place=place)


def draw_slices(workspace: Workspace, project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """The share of images on which all is right, by class, tag, size, brightness and reviewer."""
    with card("Slices", key="slices", note="share of images on which all is right"):
        if not evaluation.slices:
            st.caption("Nothing to compare yet.")
            return
        rows: list[Row] = [
            {
                "name": each.name,
                "key": each.key,
                "cells": [
                    {"text": each.kind, "tone": "grey"},
                    {"text": f"{each.images:,}"},
                    {"text": figure(each.share.value)},
                    {"text": span(each.share), "tone": "grey"},
                ],
            }
            for each in evaluation.slices
        ]
        heads = ["Slice", "Of", "Images", "All right", "95 % interval"]
        evaluate_table("Slices", heads, rows, key=f"slices-{project.project_id}", place=place)
        if draw_job(workspace, looks_key(project.project_id)) or not evaluation.unmeasured:
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Measure brightness", icon=":material/brightness_6:"):
                start_looks(workspace, project.project_id)
                st.rerun()
            st.caption(f"Of {plural(evaluation.unmeasured, 'image')} it is not known yet.", width="content")


def draw_images(
    workspace: Workspace, project: Project, evaluation: ProjectEvaluation, key: str, *, may_open: bool
) -> None:
    """The images behind what was clicked last."""
    title = evaluation.title_of(key)
    images = evaluation.images_of(key)
    with card(title or "Images", key="behind", note=plural(len(images), "image") if title else ""):
        if not may_open:
            st.caption("Only a lead may open images here: on this project some are decided on without the prediction.")
            return
        if not title:
            empty_state("Choose a cell, a row, a bar or a point to see its images.")
            return
        if not images:
            empty_state("No image is behind this.")
            return
        known = fetch_images(workspace, project.project_id, images[:_AT_ONCE])
        photos = "".join(link_to_desk(workspace, project, each, known.get(each), each) for each in images[:_AT_ONCE])
        st.html(f'<div class="rl-behind">{photos}</div>')
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(f"Browse these {len(images):,}" if len(images) > 1 else "Browse this one", type="primary"):
                keep_list(project.project_id, title, images)
                go_to("browse")
            draw_review_these(workspace, project, title, images)
            if len(images) > _AT_ONCE:
                st.caption(f"{_AT_ONCE} of {len(images):,} are shown. A photo opens at the desk.", width="content")
