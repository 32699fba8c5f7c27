"""What the review desk asks for: the queue, single images, history, decisions, maps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import InputError, RelookError
from domain.explanation import Target
from endpoint.answers import answer_json, answering, check_ticket, check_writer
from endpoint.wire import parse_entry, parse_object, parse_seq, render_item, render_page
from services import explaining, map_cache, review
from services.evidence import evidence_inside
from services.map_values import render_map
from services.methods import quickest_method, title_of
from services.projects import fetch_progress, fetch_project
from services.scoring import load_active_model
from services.workspace import Workspace

_MOST_AT_ONCE = 100
_MOST_ENTRIES = 500


def get_queue(workspace: Workspace, request: Request, _body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    query = request.query_params
    count = query.get("count", "24")
    page = review.fetch_queue(
        workspace,
        ticket.project_id,
        order=query.get("order", "name"),
        count=min(int(count), _MOST_AT_ONCE) if count.isdecimal() else 24,
        after=query.get("after", ""),
        start=query.get("start", ""),
    )
    return answer_json(render_page(workspace, fetch_project(workspace, ticket.project_id), page))


def get_item(workspace: Workspace, request: Request, _body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    project = fetch_project(workspace, ticket.project_id)
    state = review.fetch_state(workspace, project, request.query_params.get("image_id", ""))
    return answer_json(render_item(workspace, project, state))


def get_history(workspace: Workspace, request: Request, _body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    undo, redo = review.fetch_history(workspace, ticket.project_id, ticket.reviewer)
    return answer_json({"undo": [_entry(entry) for entry in undo], "redo": [_entry(entry) for entry in redo]})


def post_decisions(workspace: Workspace, request: Request, body: Any) -> Response:
    ticket = check_writer(workspace, request)
    client_id, sent = _read_batch(body)
    entries: list[review.Entry] = []
    unreadable: list[tuple[int, RelookError]] = []
    for entry in sent:
        try:
            entries.append(parse_entry(entry))
        except InputError as error:
            unreadable.append((parse_seq(entry), error))
    acknowledged, refused = review.record(workspace, ticket.project_id, ticket.reviewer, client_id, entries)
    refusals = unreadable + [(refusal.seq, refusal.error) for refusal in refused]
    progress = fetch_progress(workspace, ticket.project_id)
    return answer_json(
        {
            "acknowledged": max([acknowledged, *(seq for seq, _ in unreadable)]),
            "saved_at": datetime.now().astimezone().strftime("%H:%M:%S"),
            "decided": progress.decided,
            "left": progress.total - progress.decided,
            "refused": [
                {"seq": seq, "error": error.message, "remedy": error.remedy}
                for seq, error in sorted(refusals, key=lambda refusal: refusal[0])
            ],
        }
    )


def post_map(workspace: Workspace, request: Request, body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    if not isinstance(body, dict) or not isinstance(body.get("image_id"), str):
        raise InputError("The request names no image.", remedy="Reload the page.")
    label = body.get("label")
    if not isinstance(label, str):
        raise InputError("The request names no class.", remedy="Reload the page.")
    project = fetch_project(workspace, ticket.project_id)
    state = review.fetch_state(workspace, project, body["image_id"])
    drawn = parse_object(body["object"]) if body.get("object") else None
    instance = review.place_on_stored_grid(drawn, state, project) if drawn else None
    predictor, spec = load_active_model(workspace, project)
    target = Target(label, instance.instance_id if instance else None)
    method = str(body.get("method") or quickest_method(predictor))
    wanted = explaining.Request(state.image, target, method, instance)
    found = map_cache.explain(workspace, predictor, spec, wanted, project_id=project.project_id)
    inside = evidence_inside(found, instance) if instance else None
    title = title_of(found.method)
    return answer_json(render_map(found, title=title, orientation=state.image.orientation, inside=inside))


def list_routes(prefix: str) -> list[Route]:
    """The routes of the desk under `prefix`."""
    return [
        Route(f"{prefix}/queue", answering(get_queue)),
        Route(f"{prefix}/items", answering(get_item)),
        Route(f"{prefix}/history", answering(get_history)),
        Route(f"{prefix}/decisions", answering(post_decisions, reads_body=True), methods=["POST"]),
        Route(f"{prefix}/maps", answering(post_map, reads_body=True), methods=["POST"]),
    ]


def _entry(entry: review.HistoryEntry) -> dict[str, str]:
    return {"decision_id": entry.decision_id, "image_id": entry.image_id}


def _read_batch(body: Any) -> tuple[str, list[Any]]:
    client_id = body.get("client_id") if isinstance(body, dict) else None
    entries = body.get("entries") if isinstance(body, dict) else None
    if not isinstance(client_id, str) or not 1 <= len(client_id) <= 64 or not isinstance(entries, list):
        raise InputError("The request holds no client_id with entries.", remedy="Reload the page.")
    if len(entries) > _MOST_ENTRIES:
        raise InputError(f"{len(entries)} decisions at once; at most {_MOST_ENTRIES} are taken.", remedy="Send fewer.")
    return client_id, entries
