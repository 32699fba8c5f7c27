"""The rail of filters on the Browse page."""

from __future__ import annotations

import streamlit as st

from components.gallery import Overlay
from domain.project import Project
from services.browsing import Choices, Filters

_STATUS_WORDS = {
    "new": "New",
    "accept": "Accepted",
    "correct": "Corrected",
    "reject": "Rejected",
    "skip": "Skipped",
    "flag": "Flagged",
    "wrong_evidence": "Wrong evidence",
    "send_back": "Sent back",
    "resolve": "Flag answered",
}
_DISAGREEMENT = {"any": "Any", "differs": "Label and prediction differ", "agrees": "They agree"}
_KEYS = ("statuses", "predicted", "label", "scores", "disagreement", "reviewer", "name")
_OVERLAYS: dict[Overlay, str] = {
    "predictions": "Predictions",
    "labels": "Labels",
    "scores": "Scores",
    "polygons": "Polygons",
}


def draw_filters(project: Project, choices: Choices) -> tuple[Filters, tuple[Overlay, ...]]:
    """Draw the filters; return them, and what is to be drawn on the photos."""
    prefix = f"filter-{project.project_id}-"
    statuses = st.pills(
        "Status",
        [name for name in _STATUS_WORDS if name in choices.statuses],
        selection_mode="multi",
        format_func=lambda name: f"{_STATUS_WORDS[name]} {choices.statuses[name]:,}",
        key=prefix + "statuses",
    )
    predicted = _choose("Predicted class", choices.predicted, key=prefix + "predicted")
    label = _choose("Label", choices.labels, key=prefix + "label")
    scores = st.slider("Lowest score", 0.0, 1.0, (0.0, 1.0), 0.01, key=prefix + "scores")
    disagreement = st.selectbox(
        "Disagreement",
        list(_DISAGREEMENT),
        format_func=lambda name: _DISAGREEMENT[name],
        key=prefix + "disagreement",
    )
    reviewer = _choose("Reviewer", choices.reviewers, key=prefix + "reviewer", anything="Anyone")
    name = st.text_input("File name", placeholder="any part of it", key=prefix + "name")
    show = st.pills(
        "Show on the photos",
        [name for name in _OVERLAYS if project.task.has_objects or name != "polygons"],
        selection_mode="multi",
        default=_shown_at_first(project),
        format_func=lambda name: _OVERLAYS[name],
        key=prefix + "show",
    )
    filters = Filters(
        tuple(statuses),
        label or "",
        predicted or "",
        (float(scores[0]), float(scores[1])),
        disagreement,
        reviewer or "",
        (name or "").strip(),
    )
    if filters.count:
        words = f"Clear {filters.count} filter" + ("s" if filters.count > 1 else "")
        st.button(words, icon=":material/close:", type="tertiary", on_click=clear_filters, args=(project,))
    return filters, tuple(name for name in _OVERLAYS if name in show)


def clear_filters(project: Project) -> None:
    """Set every filter back; called before the next run draws them."""
    for name in _KEYS:
        st.session_state.pop(f"filter-{project.project_id}-{name}", None)


def _shown_at_first(project: Project) -> list[Overlay]:
    return ["predictions", "labels"] if project.task.has_objects else ["labels", "scores"]


def _choose(label: str, counts: dict[str, int], *, key: str, anything: str = "Any") -> str | None:
    return st.selectbox(
        label,
        list(counts),
        index=None,
        placeholder=anything,
        format_func=lambda name: f"{name} ({counts[name]:,})" if name in counts else name,
        key=key,
    )
