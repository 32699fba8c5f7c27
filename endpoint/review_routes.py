"""What the review desk asks for: the queue, single images, history, decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import InputError, RelookError
from domain.project import Project
from endpoint.answers import answer_json, answering, check_reader, check_ticket, check_writer, error_body
from endpoint.entries import parse_client, parse_entry, parse_seq
from endpoint.wire import render_conflict, render_item, render_page
from services import review
from services.after_deciding import Outcome, fetch_outcome
from services.class_facts import class_version
from services.edit_merge import EditConflict
from services.leases import Claimant, find_holdings
from services.projects import fetch_project
from services.workspace import Workspace

_MOST_AT_ONCE = 100
_MOST_ENTRIES = 500
_WRITERS = 4
"""Requests with decisions at once. More only take the interpreter from each other, and where the database does not
answer they would keep the threads that serve pictures."""


def get_queue(workspace: Workspace, request: Request, _body: Any) -> Response:
    """Answer with the next images. Whoever may decide gets them for the next minutes, and nobody else does."""
    ticket = check_reader(workspace, request)
    query = request.query_params
    count, start = query.get("count", "24"), query.get("start", "")
    claimant = Claimant(ticket.reviewer, query.get("client_id", "")[:64]) if ticket.role.may_write else None
    page = review.fetch_queue(
        workspace,
        ticket.project_id,
        order=query.get("order", "name"),
        count=min(int(count), _MOST_AT_ONCE) if count.isdecimal() else 24,
        after=query.get("after", ""),
        start=start,
        claimant=claimant,
    )
    holdings = find_holdings(workspace, ticket.project_id, ticket.reviewer, [start]) if start else {}
    project = fetch_project(workspace, ticket.project_id)
    told = render_page(workspace, project, page, holdings=holdings)
    return answer_json({**told, "classes_version": class_version(project)})


def get_item(workspace: Workspace, request: Request, _body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    project = fetch_project(workspace, ticket.project_id)
    image_id = request.query_params.get("image_id", "")
    state = review.fetch_state(workspace, project, image_id, reviewer=ticket.reviewer)
    holding = find_holdings(workspace, ticket.project_id, ticket.reviewer, [image_id]).get(image_id)
    return answer_json(render_item(workspace, project, state, holding=holding))


def get_history(workspace: Workspace, request: Request, _body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    undo, redo = review.fetch_history(workspace, ticket.project_id, ticket.reviewer)
    return answer_json({"undo": [_entry(entry) for entry in undo], "redo": [_entry(entry) for entry in redo]})


def post_decisions(workspace: Workspace, request: Request, body: Any) -> Response:
    """Write decisions. One alone that meets another person's change of the same thing is answered with 409."""
    ticket = check_writer(workspace, request)
    client_id, sent = _read_batch(body)
    entries: list[review.Entry] = []
    refusals: list[tuple[int, RelookError]] = []
    for entry in sent:
        try:
            entries.append(parse_entry(entry))
        except InputError as error:
            refusals.append((parse_seq(entry), error))
    acknowledged, refused = review.record(
        workspace, ticket.project_id, ticket.reviewer, client_id, entries, role=ticket.role
    )
    acknowledged = max([acknowledged, *(seq for seq, _ in refusals)])
    refusals += [(refusal.seq, refusal.error) for refusal in refused]
    order = str(body.get("order", "name"))
    outcome = fetch_outcome(workspace, ticket.project_id, client_id, entries, order=order)
    project, progress = outcome.project, outcome.progress
    told = [
        {"seq": seq, **_render_refusal(project, error)} for seq, error in sorted(refusals, key=lambda each: each[0])
    ]
    if len(sent) == 1 and told and "conflict" in told[0]:
        return answer_json(told[0], 409)
    return answer_json(
        {
            "acknowledged": acknowledged,
            "saved_at": datetime.now().astimezone().strftime("%H:%M:%S"),
            "decided": progress.decided,
            "skipped": progress.skipped,
            "left": progress.total - progress.decided,
            "refused": told,
            "merged": _render_merges(workspace, ticket.reviewer, outcome),
            "classes_version": class_version(project),
        }
    )


def list_routes(prefix: str) -> list[Route]:
    """The routes of the desk under `prefix`."""
    limiter = CapacityLimiter(_WRITERS)
    return [
        Route(f"{prefix}/queue", answering(get_queue)),
        Route(f"{prefix}/items", answering(get_item)),
        Route(f"{prefix}/history", answering(get_history)),
        Route(f"{prefix}/decisions", answering(post_decisions, reads_body=True, limiter=limiter), methods=["POST"]),
    ]


def _entry(entry: review.HistoryEntry) -> dict[str, str]:
    return {"decision_id": entry.decision_id, "image_id": entry.image_id}


def _render_refusal(project: Project, error: RelookError) -> dict[str, Any]:
    conflict = {"conflict": render_conflict(project, error)} if isinstance(error, EditConflict) else {}
    return {**error_body(error), **conflict}


def _render_merges(workspace: Workspace, reviewer: str, outcome: Outcome) -> list[dict[str, Any]]:
    """The images that hold another's changes as well, as they are now."""
    found: list[dict[str, Any]] = []
    for merge in outcome.merges:
        state = review.fetch_state(workspace, outcome.project, merge.image_id, reviewer=reviewer)
        known = {"seq": merge.client_seq, "decision_id": merge.decision_id, "image_id": merge.image_id}
        found.append({**known, "with": merge.other_id, "item": render_item(workspace, outcome.project, state)})
    return found


def _read_batch(body: Any) -> tuple[str, list[Any]]:
    entries = body.get("entries") if isinstance(body, dict) else None
    client_id = parse_client(body)
    if not isinstance(entries, list):
        raise InputError("The request holds a client_id and no entries.", remedy="Reload the page.")
    if len(entries) > _MOST_ENTRIES:
        raise InputError(f"{len(entries)} decisions at once; at most {_MOST_ENTRIES} are taken.", remedy="Send fewer.")
    return client_id, entries
