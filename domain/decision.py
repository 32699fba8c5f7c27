"""What a person decided about an image. Decisions are rows of a log that only grows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.prediction import Content
from domain.region import Region


class Verdict(StrEnum):
    """What was decided.

    SEND_BACK and RESOLVE leave the image open: a lead puts it back into the queue with a note, or a flag was answered
    by a note. The label stays as it was before.
    """

    ACCEPT = "accept"
    CORRECT = "correct"
    REJECT = "reject"
    SKIP = "skip"
    FLAG = "flag"
    WRONG_EVIDENCE = "wrong_evidence"
    SEND_BACK = "send_back"
    RESOLVE = "resolve"


NEW = "new"
"""Status of an image without a decision in force; every other status is the verdict in force."""

OPEN_STATUSES = (NEW, Verdict.SEND_BACK.value, Verdict.RESOLVE.value)
"""Statuses of images that wait for a decision."""

STATUSES = (NEW, *(verdict.value for verdict in Verdict))
"""All statuses an image can have."""


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
        parent: The decision in force on the reviewer's screen; empty when none was, None when that is not known.
        region: What the verdict points at: a box for a flag, a brushed mask for wrong evidence.
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
    parent: str | None = None
    region: Region | None = None
