"""What it does to decisions that the prediction is on the screen: a lead's switch and the measurement."""

from __future__ import annotations

import streamlit as st

from components.headings import card
from components.jobs import draw_job
from components.progress_words import moment_in_words, share_in_words
from components.session import read_reviewer, wording_errors
from components.tables import draw_table
from domain.project import Project
from services.bias_meter import Bias, Followed, bias_key, describe_bias, find_bias, start_measuring
from services.withholding import set_withheld_share
from services.workspace import Workspace

_SHARES = {0.0: "No image", 0.05: "1 image in 20", 0.1: "1 image in 10", 0.2: "1 image in 5", 0.5: "1 image in 2"}


def draw_bias(workspace: Workspace, project: Project, *, is_lead: bool) -> None:
    """The share of images shown without prediction, and how often wrong predictions are followed with and without."""
    with card("Automation bias", key="bias"):
        st.caption(
            "Images drawn at random are shown without prediction, score and map until they are decided. How often a "
            "wrong prediction is followed, shown and withheld, tells what showing it does."
        )
        _draw_share(workspace, project, is_lead=is_lead)
        is_running = draw_job(workspace, bias_key(project.project_id))
        bias = find_bias(workspace, project.project_id)
        if bias is not None:
            _draw_figures(bias)
        elif not is_running:
            st.html('<p class="rl-empty">Not measured yet.</p>')
        if is_running:
            return
        if st.button("Measure" if bias is None else "Measure again", key="measure-bias"):
            start_measuring(workspace, project.project_id)
            st.rerun()


def _draw_share(workspace: Workspace, project: Project, *, is_lead: bool) -> None:
    now = project.withheld_share
    if not is_lead:
        st.html(f'<div class="rl-label">Shown without prediction</div><div>{_in_words(now)}</div>')
        st.caption("A lead chooses how many images are shown without prediction.")
        return
    shares = sorted({*_SHARES, now})
    share = st.selectbox(
        "Shown without prediction",
        shares,
        index=shares.index(now),
        format_func=_in_words,
        key=f"withheld-{project.project_id}-{now}",
        width=220,
    )
    if share is not None and share != now:
        with wording_errors():
            set_withheld_share(workspace, project.project_id, share, lead=read_reviewer())
            st.rerun()


def _in_words(share: float) -> str:
    return _SHARES.get(share, f"{share:.3g} of the images")


def _draw_figures(bias: Bias) -> None:
    rows = [
        _row("Wrong, shown", bias.shown_wrong),
        _row("Wrong, withheld", bias.withheld_wrong),
        _row("Right, shown", bias.shown_right),
        _row("Right, withheld", bias.withheld_right),
    ]
    draw_table(("Predictions", "Images", "Followed", "Share followed (95 %)"), rows, numeric=(1, 2, 3))
    verdict = " ".join(describe_bias(bias)[2:])
    st.html(f'<p class="rl-empty">{verdict}</p>')
    st.caption(
        "First decisions, against a label file or a later reviewer's label. "
        f"Measured {moment_in_words(bias.measured_at)}."
    )


def _row(what: str, followed: Followed) -> tuple[str, ...]:
    return what, f"{followed.images:,}", f"{followed.followed:,}", share_in_words(followed.share)
