"""The view of the decisions in force, one for each image that was decided about."""

from __future__ import annotations

from sqlalchemy import Boolean, column, table

_COLUMNS = (
    *("project_id", "image_id", "decision_id", "verdict", "content", "reviewer"),
    *("note", "decided_at", "region"),
)
current_decisions = table("current_decisions", *(column(name) for name in _COLUMNS), column("is_open", Boolean))
"""`is_open` where the decision leaves the image undecided."""
