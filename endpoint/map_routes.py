"""Saliency maps for the review desk."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import InputError
from domain.explanation import Target
from endpoint.answers import answer_json, answering, check_ticket
from endpoint.entries import parse_object
from services import explaining, map_cache, review
from services.evidence import evidence_inside
from services.map_values import render_map
from services.methods import quickest_method, title_of
from services.projects import fetch_project
from services.scoring import load_active_model
from services.withholding import check_map_allowed
from services.workspace import Workspace


def post_map(workspace: Workspace, request: Request, body: Any) -> Response:
    """The map of a class, or of an object as it is drawn now, and how much of its evidence lies inside that object."""
    ticket = check_ticket(workspace, request)
    if not isinstance(body, dict) or not isinstance(body.get("image_id"), str):
        raise InputError("The request names no image.", remedy="Reload the page.")
    label = body.get("label")
    if not isinstance(label, str):
        raise InputError("The request names no class.", remedy="Reload the page.")
    project = fetch_project(workspace, ticket.project_id)
    state = review.fetch_state(workspace, project, body["image_id"], reviewer=ticket.reviewer)
    check_map_allowed(project, state)
    drawn = parse_object(body["object"]) if body.get("object") else None
    instance = review.place_on_stored_grid(drawn, state, project) if drawn else None
    predictor, spec = load_active_model(workspace, project)
    target = Target(label, instance.instance_id if instance else None)
    method = str(body.get("method") or quickest_method(predictor))
    wanted = explaining.Request(state.image, target, method, instance)
    found = map_cache.explain(
        workspace, predictor, spec, wanted, project_id=project.project_id, pictures=workspace.pictures
    )
    inside = evidence_inside(found, instance) if instance else None
    return answer_json(
        render_map(
            found,
            key=map_cache.key_of(predictor, spec, wanted),
            title=title_of(found.method),
            orientation=state.image.orientation,
            inside=inside,
        )
    )


def list_routes(prefix: str) -> list[Route]:
    """The route of maps under `prefix`."""
    return [Route(f"{prefix}/maps", answering(post_map, reads_body=True), methods=["POST"])]
