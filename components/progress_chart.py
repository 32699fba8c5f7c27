"""Decisions over time as bars."""

from __future__ import annotations

from datetime import timedelta

import plotly.graph_objects as go
import streamlit as st

from components.headings import card
from components.words import plural
from services.review_activity import Activity

_HEIGHT = 220
_GRID = "rgba(128, 140, 155, 0.24)"
_FEWEST = 14
"""So many hours or days are shown, also where nothing was decided in the first of them."""
_TICKS = 8
_WIDTH = 0.7


def draw_activity(activity: Activity) -> None:
    """One bar an hour or a day."""
    with card("Decisions over time", key="activity", note=f"by the {activity.unit}" if activity.total else ""):
        if not activity.total and not activity.earlier:
            st.caption("Nothing decided yet.")
            return
        words = f"Decisions by the {activity.unit}, {plural(activity.total, 'decision')} in all"
        st.plotly_chart(_figure(activity), key="activity", height=_HEIGHT, config={"displayModeBar": False}, alt=words)
        if activity.earlier:
            st.caption(f"{plural(activity.earlier, 'decision')} were made before.")


def _figure(activity: Activity) -> go.Figure:
    step = timedelta(hours=1) if activity.unit == "hour" else timedelta(days=1)
    shown = "%Y-%m-%d %H:00" if activity.unit == "hour" else "%Y-%m-%d"
    bars = go.Bar(
        x=list(activity.begins),
        y=list(activity.made),
        width=_WIDTH * _milliseconds(step),
        marker_color=_colour(),
        hovertemplate=f"%{{x|{shown}}}: %{{y:,}}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 4, "b": 0}, showlegend=False)
    last, count = activity.begins[-1], max(_FEWEST, len(activity.begins))
    figure.update_xaxes(
        range=[last - (count - 0.5) * step, last + 0.5 * step],
        dtick=-(-count // _TICKS) * _milliseconds(step),
        tick0=last,
        tickformat="%H:00<br>%b %d" if activity.unit == "hour" else "%b %d",
        showgrid=False,
        fixedrange=True,
    )
    most = max(activity.made)
    figure.update_yaxes(range=[0, 1.1 * most or 1], gridcolor=_GRID, fixedrange=True, tickformat=",d", nticks=5)
    if most <= 5:
        figure.update_yaxes(dtick=1)  # no tick between two decisions
    return figure


def _milliseconds(step: timedelta) -> float:
    return step / timedelta(milliseconds=1)


def _colour() -> str:
    """The first of the theme's: a figure made before the first chart of the process would have plotly's own."""
    kind = st.context.theme.type or "light"
    colours = st.get_option(f"theme.{kind}.chartCategoricalColors")
    return colours[0] if colours else "#2456C7"
