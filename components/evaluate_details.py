"""What costs mAP, slices, curves, and the images behind a number of the Evaluate page."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from components.blank import go_to
from components.evaluate_table import Row, evaluate_table
from components.evaluate_words import change, figure, span, tone
from components.headings import card, empty_state
from components.image_list import keep_list
from components.words import plural
from domain.project import Project
from services.class_facts import fetch_images
from services.evaluation_result import ProjectEvaluation
from services.picture_addresses import picture_address
from services.workspace import Workspace

_HEIGHT = 240
_GRID = "rgba(128, 140, 155, 0.24)"
_GREY = "rgba(128, 140, 155, 0.8)"
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


def draw_slices(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """The share of images on which all is right, by class, size and reviewer."""
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


def draw_reliability(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """How often answers of each score are right, beside the score; a bar opens its images."""
    found = evaluation.reliability
    with card("Reliability", key="reliability", note="how often answers with a score are right"):
        if found is None or found.error is None:
            st.caption("No answer has a score yet.")
            return
        figure_drawn = _reliability(found.scores, found.accuracies, found.counts)
        words = f"Reliability diagram, calibration error {figure(found.error)}"
        key = f"reliability-{project.project_id}"

        def remember() -> None:
            points = st.session_state[key]["selection"]["points"]
            if points and f"bin/{points[0]['point_index']}" in evaluation.groups:
                st.session_state[place] = f"bin/{points[0]['point_index']}"

        st.plotly_chart(
            figure_drawn,
            key=key,
            height=_HEIGHT,
            config={"displayModeBar": False},
            on_select=remember,
            selection_mode="points",
            alt=words,
        )
        st.caption(f"Calibration error {figure(found.error)} over {plural(int(found.counts.sum()), 'answer')}.")


def _reliability(scores: np.ndarray, accuracies: np.ndarray, counts: np.ndarray) -> go.Figure:
    centres = np.arange(10) / 10 + 0.05
    bars = go.Bar(
        x=centres,
        y=np.nan_to_num(accuracies),
        width=0.092,
        marker_color=_colour(0),
        customdata=np.stack([counts, np.nan_to_num(scores)], axis=1),
        hovertemplate="%{customdata[0]:,} answers, score %{customdata[1]:.3f}, right %{y:.3f}<extra></extra>",
    )
    line = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": _GREY, "dash": "dot", "width": 1}, hoverinfo="skip"
    )
    drawn = go.Figure([bars, line])
    _frame(drawn, "score", "right")
    return drawn


def draw_curves(project: Project, evaluation: ProjectEvaluation) -> None:
    """Precision over recall of one class, and its ROC curve where there is one."""
    names = [name for name, (_, curve) in evaluation.curves.items() if curve is not None]
    with card("Curves", key="curves"):
        if not names:
            st.caption("No class is both labelled and predicted with a score.")
            return
        name = st.selectbox("Class", names, key=f"curve-{project.project_id}", label_visibility="collapsed", width=240)
        roc, precision = evaluation.curves[name or names[0]]
        parts = [(precision, "recall", "precision", "Average precision")]
        if roc is not None:
            parts.append((roc, "false positive rate", "true positive rate", "Area under ROC"))
        for column, (curve, x, y, words) in zip(st.columns(2, gap="small"), parts, strict=False):
            if curve is not None:
                drawn = go.Figure(
                    go.Scatter(x=curve.x, y=curve.y, mode="lines", line={"color": _colour(0), "width": 2})
                )
                _frame(drawn, x, y)
                title = f"{words} {figure(curve.area)}"
                with column:
                    st.caption(title)
                    chart = f"curve-{y}-{project.project_id}"
                    st.plotly_chart(drawn, key=chart, height=_HEIGHT, config={"displayModeBar": False}, alt=title)


def _frame(drawn: go.Figure, x: str, y: str) -> None:
    drawn.update_layout(margin={"l": 0, "r": 4, "t": 4, "b": 0}, showlegend=False, clickmode="event+select")
    axis = {
        "range": [0, 1.01],
        "gridcolor": _GRID,
        "fixedrange": True,
        "dtick": 0.2,
        "tickformat": ".1f",
        "zeroline": False,
    }
    drawn.update_xaxes(title=x, **axis)
    drawn.update_yaxes(title=y, **axis)


def _colour(number: int) -> str:
    kind = st.context.theme.type or "light"
    colours = st.get_option(f"theme.{kind}.chartCategoricalColors")
    return colours[number] if colours else "#2456C7"


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
            empty_state("Choose a cell, a row or a bar to see its images.")
            return
        if not images:
            empty_state("No image is behind this.")
            return
        known = fetch_images(workspace, project.project_id, images[:_AT_ONCE])
        photos = "".join(_thumb(workspace, project, known, each) for each in images[:_AT_ONCE])
        st.html(f'<div class="rl-behind">{photos}</div>')
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(f"Browse these {len(images):,}" if len(images) > 1 else "Browse this one", type="primary"):
                keep_list(project.project_id, title, images)
                go_to("browse")
            if len(images) > _AT_ONCE:
                st.caption(f"{_AT_ONCE} of {len(images):,} are shown. A photo opens at the desk.", width="content")


def _thumb(workspace: Workspace, project: Project, known: dict, image_id: str) -> str:
    link = escape(f"review?{urlencode({'project': project.project_id, 'image': image_id})}")
    name = escape(image_id)
    image = known.get(image_id)
    address = escape(picture_address(workspace, project.project_id, image, "thumbnails")) if image else ""
    picture = f'<img src="{address}" alt="{name}" loading="lazy">' if image else ""
    return f'<a href="{link}" target="_self" title="{name}">{picture}<span class="rl-grey">{name}</span></a>'
