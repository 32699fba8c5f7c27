"""The reliability diagram and the curves of the Evaluate page; a bar or a point opens its images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from components.evaluate_words import figure
from components.headings import card
from components.words import plural
from domain.project import Project
from services.evaluation_result import ProjectEvaluation, point_key

_HEIGHT = 240
_GRID = "rgba(128, 140, 155, 0.24)"
_GREY = "rgba(128, 140, 155, 0.8)"


def draw_reliability(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """How often answers of each score are right, beside the score; a bar opens its images."""
    found = evaluation.reliability
    with card("Reliability", key="reliability", note="how often answers with a score are right"):
        if found is None or found.error is None:
            st.caption("No answer has a score yet.")
            return
        words = f"Reliability diagram, calibration error {figure(found.error)}"
        drawn = _reliability(found.scores, found.accuracies, found.counts)
        _draw_chart(drawn, f"reliability-{project.project_id}", words, lambda at: _open_bin(evaluation, place, at))
        error = f"Calibration error {figure(found.error)} over {plural(int(found.counts.sum()), 'answer')}."
        bins = [number for number in range(10) if found.counts[number]]
        _choose_bin(project, evaluation, place, bins, error)


def _open_bin(evaluation: ProjectEvaluation, place: str, number: int) -> None:
    if f"bin/{number}" in evaluation.groups:
        st.session_state[place] = f"bin/{number}"


def _choose_bin(project: Project, evaluation: ProjectEvaluation, place: str, bins: list[int], error: str) -> None:
    """The same as a click on a bar, for the keyboard."""
    key = f"reliability-bar-{project.project_id}"

    def remember() -> None:
        if st.session_state[key] is not None:
            _open_bin(evaluation, place, st.session_state[key])

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(error, width="content")
        st.selectbox(
            "Open the images of a bar",
            bins,
            index=None,
            format_func=lambda number: f"Score {number / 10:.1f} to {number / 10 + 0.1:.1f}",
            placeholder="Open a bar",
            label_visibility="collapsed",
            key=key,
            on_change=remember,
            width=170,
        )


def draw_curves(project: Project, evaluation: ProjectEvaluation, place: str) -> None:
    """Precision over recall of one class, and its ROC curve where there is one; a point opens what is wrong there."""
    names = [name for name, (_, curve) in evaluation.curves.items() if curve is not None]
    with card("Curves", key="curves", note="a point opens what is wrong from its score on" if names else ""):
        if not names:
            st.caption("No class is both labelled and predicted with a score.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Class", names, key=f"curve-{project.project_id}", width=240) or names[0]
            number = list(evaluation.curves).index(name)
            _choose_score(project, evaluation, place, number)
        roc, precision = evaluation.curves[name]
        parts = [(precision, "recall", "precision", "Average precision")]
        if roc is not None:
            parts.append((roc, "false positive rate", "true positive rate", "Area under ROC"))
        for column, (curve, x, y, words) in zip(st.columns(2, gap="small"), parts, strict=False):
            if curve is None:
                continue
            with column:
                title = f"{words} {figure(curve.area)}"
                st.caption(title)
                open_point = partial(_open_point, evaluation, place, number, curve.thresholds)
                _draw_chart(
                    _curve(curve.x, curve.y, curve.thresholds, x, y),
                    f"curve-{y}-{project.project_id}",
                    title,
                    open_point,
                )


def _open_point(evaluation: ProjectEvaluation, place: str, number: int, thresholds: np.ndarray, at: int) -> None:
    if evaluation.points is not None and at < len(thresholds):
        st.session_state[place] = point_key(number, float(thresholds[at]))


def _choose_score(project: Project, evaluation: ProjectEvaluation, place: str, number: int) -> None:
    """The same as a click on a point, for the keyboard."""
    if evaluation.points is None:
        st.caption("Points of so large a set open no images.", width="content")
        return
    key = f"curve-score-{project.project_id}"

    def remember() -> None:
        if st.session_state[key] is not None:
            st.session_state[place] = point_key(number, float(st.session_state[key]))

    st.selectbox(
        "Open what is wrong from a score on",
        [step / 20 for step in range(1, 20)],
        index=None,
        format_func=lambda score: f"From score {score:.2f}",
        placeholder="Choose a score",
        key=key,
        on_change=remember,
        width=240,
    )


def _draw_chart(drawn: go.Figure, key: str, words: str, open_at: Callable[[int], None]) -> None:
    def remember() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            open_at(int(points[0]["point_index"]))

    st.plotly_chart(
        drawn,
        key=key,
        height=_HEIGHT,
        config={"displayModeBar": False},
        on_select=remember,
        selection_mode="points",
        alt=words,
    )


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


def _curve(x: np.ndarray, y: np.ndarray, thresholds: np.ndarray, x_words: str, y_words: str) -> go.Figure:
    """A line whose points can be chosen: they show where the pointer is, and which one is chosen."""
    shown = [f"from score {each:.3f}" if np.isfinite(each) else "nothing predicted" for each in thresholds]
    drawn = go.Figure(
        go.Scatter(
            x=x,
            y=y,
            mode="lines+markers",
            line={"color": _colour(0), "width": 2},
            marker={"size": 9, "opacity": 0, "color": _colour(0)},
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 0}},
            customdata=shown,
            hovertemplate=f"%{{customdata}}: {x_words} %{{x:.3f}}, {y_words} %{{y:.3f}}<extra></extra>",
        )
    )
    _frame(drawn, x_words, y_words)
    return drawn


def _frame(drawn: go.Figure, x: str, y: str) -> None:
    drawn.update_layout(margin={"l": 0, "r": 10, "t": 8, "b": 0}, showlegend=False, clickmode="event+select")
    axis = {
        "range": [0, 1.01],
        "gridcolor": _GRID,
        "fixedrange": True,
        "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
        "tickformat": ".1f",
        "zeroline": False,
    }
    drawn.update_xaxes(title=x, **axis)
    drawn.update_yaxes(title=y, **axis)


def _colour(number: int) -> str:
    kind = st.context.theme.type or "light"
    colours = st.get_option(f"theme.{kind}.chartCategoricalColors")
    return colours[number] if colours else "#2456C7"
