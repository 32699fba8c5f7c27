"""How far reviewers of the same images agree, in figures."""

from __future__ import annotations

import streamlit as st

from components.headings import card
from components.tables import draw_table
from components.words import plural
from domain.trust import Estimate
from services.consensus import MOST_IMAGES, Comparison, list_figures


def draw_agreement(comparison: Comparison) -> None:
    """The agreement of the reviewers, each figure with its interval."""
    with card("Agreement", key="agreement"):
        if not comparison.images:
            st.caption("No image was decided on by two reviewers yet.")
            return
        newest = "the newest " if comparison.images == MOST_IMAGES else ""
        st.html(
            f'<div><span class="rl-figure">{comparison.agreed:,}</span> <span class="rl-grey">of {newest}'
            f"{plural(comparison.images, 'image')} are seen alike by {len(comparison.reviewers)} reviewers</span></div>"
        )
        rows = [(each.title, _in_words(each.estimate), each.note) for each in list_figures(comparison)]
        draw_table(("Figure", "Value", "Measured on"), rows, numeric=(1,))
        st.caption("Kappa: 1 is perfect, 0 what chance would give. Intervals are 95 %.")


def _in_words(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    if estimate.n == 1:
        return _number(estimate.value)
    return f"{_number(estimate.value)} ({_number(estimate.low)} to {_number(estimate.high)})"


def _number(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")
