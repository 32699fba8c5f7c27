"""How fast the review goes and when it will be finished."""

from __future__ import annotations

import streamlit as st

from components.headings import card
from components.progress_words import (
    TOO_FEW,
    estimate_in_words,
    finish_in_words,
    hours_in_words,
    moment_in_words,
)
from components.tables import draw_table
from components.words import plural
from domain.project import Project
from services.progress_report import ProgressReport


def draw_pace(report: ProgressReport, project: Project) -> None:
    """Rates and the end to be expected, each with its interval, or that too little is known."""
    pace, forecast = report.pace, report.forecast
    seconds = TOO_FEW if pace.seconds is None else f"{pace.seconds:.3g} s, median of {pace.measured:,}"
    rows = [
        ("Decisions in an hour of work", estimate_in_words(pace.per_hour)),
        ("Time for a decision", seconds),
        ("Work left, of one reviewer", hours_in_words(forecast.hours) if forecast.left else "None"),
        ("Decided in a day", _per_day(report)),
        ("Expected end", finish_in_words(forecast)),
    ]
    with card("Pace", key="pace", note=f"counted {moment_in_words(report.counted_at)[11:]}"):
        draw_table(("", ""), rows)
        notes = (
            "Intervals are 95 %. Pauses of more than 5 minutes do not count as work; a rate takes 20 minutes of it, "
        )
        notes += "an end two whole days."
        if project.overlap > 1:
            notes += f" Each image takes {project.overlap} reviewers."
        st.caption(notes)


def _per_day(report: ProgressReport) -> str:
    forecast = report.forecast
    if forecast.per_day is None:
        return TOO_FEW
    return f"{estimate_in_words(forecast.per_day)} images, over {plural(forecast.days, 'day')}"
