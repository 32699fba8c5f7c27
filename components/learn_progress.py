"""A training as it goes on: epoch, time left, and its curves."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go
import streamlit as st

from components.headings import card
from components.session import wording_errors
from components.words import seconds_in_words
from domain.project import Project
from services.learning import LearningRun, RunState, go_on, learning_key, newest_run
from services.running import find_job, forget_job, is_active
from services.workspace import Workspace

_HEIGHT = 240
_GRID = "rgba(128, 140, 155, 0.24)"
_COLOURS = ("#2456C7", "#B35900")


@st.fragment(run_every=1.0)
def draw_live(workspace: Workspace, project: Project) -> None:
    """The bar and the curves, anew each second; when it ends the page runs again."""
    job = find_job(workspace, learning_key(project.project_id))
    run = newest_run(workspace, project.project_id)
    if job is None or not is_active(job):
        st.rerun(scope="app")
    with st.container(border=True, key="learning", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            epoch = len(run.history) + 1 if run else 1
            total = run.recipe.epochs if run else 1
            begun = run is not None and bool(run.counts)
            title = f"Epoch {min(epoch, total)} of {total}" if begun else "Looking at the images"
            best = f", best so far: epoch {run.best}" if run and run.best else ""
            words = f"{seconds_in_words(job.seconds_left)}{best}"
            st.html(
                f'<div class="rl-card-head"><h3>{escape(title)}</h3><span class="rl-grey">{escape(words)}</span></div>'
            )
            if st.button("Stop", key="stop-learning", help="The best epoch so far is kept, and it can go on later."):
                job.cancel()
        share = job.done / job.total if job.total else 0.0
        st.html(f'<div class="rl-bar"><i style="width:{100 * share:.1f}%"></i></div>')
    if run is not None:
        draw_curves(run, project)


def draw_ended(workspace: Workspace, run: LearningRun) -> None:
    """Why a training stopped or failed, and how to go on."""
    with st.container(border=True, key="learning-ended", gap="small"):
        title = "Stopped" if run.state is RunState.STOPPED else "This training failed"
        st.html(f"<div><b>{title}</b> <span>{escape(run.message)}</span></div>")
        with st.container(horizontal=True), wording_errors():
            if st.button("Go on", icon=":material/play_arrow:"):
                _start(workspace, run, takes_best=False)
            if run.best and st.button(f"Take epoch {run.best}", icon=":material/check:"):
                _start(workspace, run, takes_best=True)


def draw_curves(run: LearningRun, project: Project) -> None:
    """The losses, and the figure that chooses the epoch."""
    left, right = st.columns(2, gap="small")
    epochs = [each["number"] for each in run.history]
    with left, card("Loss", key="loss"):
        lines = {
            name: [each[key] for each in run.history]
            for name, key in (("training", "loss"), ("validation", "choose_loss"))
        }
        _draw(lines, epochs, run, key="loss")
    title = "mAP 50 to 95 of boxes, validation" if project.task.has_objects else "Validation images named rightly"
    with right, card(title, key="figure", note="it chooses the epoch"):
        _draw({"share": [each["figure"] for each in run.history]}, epochs, run, key="figure")


def _draw(lines: dict[str, list[float]], epochs: list[int], run: LearningRun, *, key: str) -> None:
    if not epochs:
        st.caption("The first epoch has not ended yet.")
        return
    figure = go.Figure()
    for (name, values), colour in zip(lines.items(), _COLOURS, strict=False):
        hover = f"epoch %{{x}}, {name}: %{{y:.3f}}<extra></extra>"
        figure.add_scatter(x=epochs, y=values, name=name, mode="lines+markers", line_color=colour, hovertemplate=hover)
    figure.add_vline(x=run.best, line_dash="dot", line_color=_GRID)
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        showlegend=len(lines) > 1,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )
    figure.update_xaxes(
        title="epoch", range=[0.5, max(len(epochs), 2) + 0.5], nticks=10, showgrid=False, fixedrange=True
    )
    figure.update_yaxes(gridcolor=_GRID, fixedrange=True, tickformat=".2f", nticks=5)
    if "share" in lines:
        figure.update_yaxes(range=[0, 1.05])
    words = f"{', '.join(lines)} over {len(epochs)} epochs"
    st.plotly_chart(figure, key=f"learn-{key}", height=_HEIGHT, config={"displayModeBar": False}, alt=words)


def _start(workspace: Workspace, run: LearningRun, *, takes_best: bool) -> None:
    forget_job(workspace, learning_key(run.project_id))
    go_on(workspace, run.project_id, run.run_id, takes_best=takes_best)
    st.rerun()
