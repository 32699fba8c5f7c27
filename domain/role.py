"""What a person may do in a project."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """From least to most: viewers look, reviewers decide, leads also settle what others differ on and give roles."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    LEAD = "lead"

    @property
    def may_write(self) -> bool:
        """Whether decisions are taken from this role."""
        return self is not Role.VIEWER

    @property
    def rank(self) -> int:
        """0 for the role that may least."""
        return list(Role).index(self)
