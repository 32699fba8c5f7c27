"""How many of the images to be accepted unseen are wrong, told from some drawn by chance that people looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.decision import Verdict
from domain.project import Project
from domain.trust import Estimate
from metrics.intervals import exact_share
from sampling import Strategy
from services.worklists import Worklist, make_worklist
from services.workspace import Workspace
from store import bulk, worklists
from store.engine import Connection
from store.wanted import Wanted

SAMPLE = 60
"""Images to look at: where none of them is wrong, at most 6 % of the others are (95 % interval)."""

_RIGHT = (Verdict.ACCEPT.value, Verdict.WRONG_EVIDENCE.value)
_WRONG = (Verdict.CORRECT.value, Verdict.REJECT.value, Verdict.FLAG.value)


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in the images drawn.

    Attributes:
        worklist: The images drawn.
        images: Those of them nobody decided on.
        looked_at: How many were decided.
        wrong: How many of these were corrected, rejected or flagged.
    """

    worklist: Worklist
    images: tuple[str, ...]
    looked_at: int
    wrong: int

    @property
    def estimate(self) -> Estimate | None:
        """Share that is wrong, with its exact 95 % interval; None before anything was looked at."""
        return exact_share(self.wrong, self.looked_at) if self.looked_at else None


def sample_size(images: int) -> int:
    """How many of so many images are drawn: at most half of them."""
    return min(SAMPLE, (images + 1) // 2)


def audit_title(project: Project, strategy: Strategy, threshold: float) -> str:
    """What the worklist of an audit is called: it holds for this strategy, threshold and model alone."""
    model = f", {project.model_id}" if project.model_id else ""
    return f"Audit: {strategy.title} under {threshold:.2f}{model}"


def find_audit(connection: Connection, project: Project, strategy: Strategy, threshold: float) -> Audit | None:
    """The newest audit of these images; None before there is one."""
    worklist = bulk.find_newest(connection, project.project_id, audit_title(project, strategy, threshold)[:200])
    if worklist is None:
        return None
    statuses = worklists.count_statuses(connection, worklist)
    right, wrong = (sum(statuses.get(status, 0) for status in told) for told in (_RIGHT, _WRONG))
    is_waiting = tuple(status for status in statuses if status not in {*_RIGHT, *_WRONG})
    waiting: list[str] = []
    if is_waiting:
        wanted = Wanted(statuses=is_waiting)
        waiting = worklists.list_images(connection, worklist, wanted, after=None, count=sum(statuses.values()))
    return Audit(worklist, tuple(waiting), right + wrong, wrong)


def draw_audit(
    workspace: Workspace,
    project: Project,
    strategy: Strategy,
    threshold: float,
    images: Sequence[str],
    *,
    reviewer: str,
) -> Worklist:
    """Draw images by chance, at most half of them, and keep them as a worklist.

    Raises:
        InputError: There are none.
    """
    title = audit_title(project, strategy, threshold)
    seed = int.from_bytes(hashlib.sha256(title.encode()).digest()[:8])
    places = np.random.default_rng(seed).permutation(len(images))[: sample_size(len(images))]
    drawn = [images[int(place)] for place in places]
    return make_worklist(workspace, project, title, drawn, reviewer=reviewer)
