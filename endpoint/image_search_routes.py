"""Looking for a file at the desk."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from endpoint.answers import answer_json, answering, check_ticket
from services.image_search import find_images
from services.workspace import Workspace


def get_found(workspace: Workspace, request: Request, _body: Any) -> Response:
    """Answer with the images whose path holds `text`, behind the place `after`."""
    ticket = check_ticket(workspace, request)
    query = request.query_params
    found = find_images(workspace, ticket.project_id, query.get("text", ""), after=query.get("after"))
    return answer_json({"found": [asdict(image) for image in found.images], "next": found.next})


def list_routes(prefix: str) -> list[Route]:
    """The route of the search under `prefix`."""
    return [Route(f"{prefix}/search", answering(get_found))]
