"""What each reviewer did, and how fast."""

from __future__ import annotations

import streamlit as st

from components.headings import card
from components.progress_words import estimate_in_words, moment_in_words
from components.tables import draw_table
from services.progress_report import ProgressReport, ReviewerProgress

_MOST = 50


def draw_reviewers(report: ProgressReport) -> None:
    """A row for each reviewer, most images first."""
    with card("Reviewers", key="progress-reviewers"):
        if not report.reviewers:
            st.caption("Nobody decided yet.")
            return
        draw_table(
            ("Reviewer", "Images", "Accepted", "Corrected", "Other", "An hour of work", "Last decision"),
            [_row(each) for each in report.reviewers[:_MOST]],
            numeric=(1, 2, 3, 4),
        )
        more = len(report.reviewers) - _MOST
        st.caption(
            "Images: those whose decision in force is theirs."
            + (f" {more:,} more reviewers have fewer images." if more > 0 else "")
        )


def _row(each: ReviewerProgress) -> tuple[str, ...]:
    other = each.images - each.accepted - each.corrected
    counts = (f"{count:,}" for count in (each.images, each.accepted, each.corrected, other))
    return (each.name, *counts, estimate_in_words(each.pace.per_hour), moment_in_words(each.latest)[:16])
