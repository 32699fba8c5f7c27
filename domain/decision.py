"""What a person decided about an image. Decisions are rows of a log that only grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.prediction import Content


class Verdict(StrEnum):
    ACCEPT = "accept"
    CORRECT = "correct"
    REJECT = "reject"
    SKIP = "skip"
    FLAG = "flag"
    WRONG_EVIDENCE = "wrong_evidence"


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the log.

    Attributes:
        decision_id: Unique, made by the client that decided.
        image_id: The image it is about.
        instance_id: The object it is about, or None for the whole image.
        verdict: What was decided; for an undo the verdict of the row it undoes.
        content: The whole label of the image after the decision; None where the verdict leaves it as it was.
        reviewer: Who decided.
        note: Reason or comment, plain text.
        overlays: What was drawn on the photo when the person decided.
        decided_at: UTC.
        undoes: The row this one takes back (an undo, or a redo when that row is an undo itself).
    """

    decision_id: str
    image_id: str
    instance_id: str | None
    verdict: Verdict
    content: Content | None
    reviewer: str
    note: str
    overlays: tuple[str, ...]
    decided_at: datetime
    undoes: str | None = None
