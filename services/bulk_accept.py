"""Accepting many images at once, and taking that back: ordinary decisions in the log, written by a job."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from domain.decision import Verdict
from domain.progress import Report, ignore_progress
from domain.project import ImageState, Project
from domain.role import Role
from domain.version import VERSION
from services.bulk_plan import Plan
from services.leases import find_holdings
from services.recording import Entry, record
from services.shown import as_shown
from services.turning import to_upright
from services.workspace import Workspace
from store import bulk
from store.bulk import Bulk
from store.decisions import last_client_seq
from store.states import list_states

__all__ = [
    "Bulk",
    "Outcome",
    "accept_all",
    "bulk_key",
    "list_bulks",
    "start_accept",
    "start_take_back",
    "take_back",
]

_BATCH = 50
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it.

    Attributes:
        done: Images it was done for.
        left: Images that were left alone: decided, taken up by others, or refused meanwhile.
        is_undo: Whether decisions were taken back.
    """

    done: int
    left: int
    is_undo: bool = False


def accept_all(
    workspace: Workspace,
    project: Project,
    plan: Plan,
    *,
    reviewer: str,
    role: Role,
    report: Report = ignore_progress,
) -> Outcome:
    """Accept what a plan lists, each image as it is shown now; what others decided or work on is left alone.

    Every decision is a row of the log that says how it came about. All of one call bear one client, by which they are
    taken back together.

    Raises:
        Cancelled: A person asked to stop; what is written stays, and can be taken back.
    """
    client_id, done, seen = f"{bulk.PREFIX}{uuid.uuid4().hex}", 0, 0
    total = len(plan.accepted)
    for start in range(0, total, _BATCH):
        report(start, total)
        names = plan.accepted[start : start + _BATCH]
        taken = find_holdings(workspace, project.project_id, reviewer, names)
        with workspace.read() as connection:
            states = list_states(connection, project, image_ids=names)
        free = [state for state in states if state.is_open and state.image.image_id not in taken]
        entries = [_entry(project, plan, state, seen + place) for place, state in enumerate(free, start=1)]
        _, refused = record(workspace, project.project_id, reviewer, client_id, entries, role=role)
        seen += len(entries)
        done += len(entries) - len(refused)
    report(total, total)
    return Outcome(done, total - done)


def take_back(
    workspace: Workspace,
    project: Project,
    client_id: str,
    *,
    reviewer: str,
    role: Role,
    report: Report = ignore_progress,
) -> Outcome:
    """Take back what `accept_all` wrote; images on which somebody decided since are left alone.

    Raises:
        Cancelled: A person asked to stop; the rest can be taken back later.
    """
    with workspace.read() as connection:
        standing = bulk.list_in_force(connection, project.project_id, client_id)
        seq = last_client_seq(connection, client_id)
    done = 0
    for start in range(0, len(standing), _BATCH):
        report(start, len(standing))
        batch = standing[start : start + _BATCH]
        entries = [
            Entry(seq + start + place, uuid.uuid4().hex, image_id, Verdict.ACCEPT, None, undoes=decision_id)
            for place, (decision_id, image_id) in enumerate(batch, start=1)
        ]
        _, refused = record(workspace, project.project_id, reviewer, client_id, entries, role=role)
        done += len(entries) - len(refused)
    report(len(standing), len(standing))
    return Outcome(done, len(standing) - done, is_undo=True)


def list_bulks(workspace: Workspace, project_id: int) -> list[Bulk]:
    """What was accepted together and still stands, the newest first."""
    with workspace.read() as connection:
        return bulk.list_bulks(connection, project_id, count=_LISTED)


def bulk_key(project_id: int) -> Hashable:
    """What the job that accepts, or takes back, is found by."""
    return ("bulk", project_id)


def start_accept(workspace: Workspace, project: Project, plan: Plan, *, reviewer: str, role: Role) -> None:
    """Accept what a plan lists in the background."""

    def work(report: Report) -> Outcome:
        return accept_all(workspace, project, plan, reviewer=reviewer, role=role, report=report)

    workspace.jobs.submit(bulk_key(project.project_id), work, title="Accepting images")


def start_take_back(workspace: Workspace, project: Project, client_id: str, *, reviewer: str, role: Role) -> None:
    """Take back in the background what was accepted together."""

    def work(report: Report) -> Outcome:
        return take_back(workspace, project, client_id, reviewer=reviewer, role=role, report=report)

    workspace.jobs.submit(bulk_key(project.project_id), work, title="Taking decisions back")


def _entry(project: Project, plan: Plan, state: ImageState, number: int) -> Entry:
    """The decision on one image, as the desk would send it had a person pressed Enter there."""
    name = state.image.image_id
    audit = plan.audit
    told = {"looked_at": audit.looked_at, "wrong": audit.wrong} if audit else None
    provenance: dict[str, Any] = {
        "bulk": {
            "strategy": plan.strategy.name,
            "threshold": plan.threshold,
            "figure": plan.figures[name],
            "images": len(plan.accepted),
            "audit": told,
        },
        "model": project.model_id,
        "client": {"agent": "Relook, several images at once", "version": VERSION},
    }
    return Entry(
        seq=number,
        decision_id=uuid.uuid4().hex,
        image_id=name,
        verdict=Verdict.ACCEPT,
        content=to_upright(as_shown(state, project).content, state.image.orientation),
        parent=state.decision.decision_id if state.decision else "",
        provenance=provenance,
    )
