"""Decided images that are like the one at the desk."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.project import Project
from domain.role import Role
from endpoint.answers import answer_json, answering, check_reader
from services.nearest import Example, find_nearest
from services.picture_addresses import picture_address
from services.projects import fetch_project
from services.workspace import Workspace

_AT_ONCE = 2
"""Requests at once: the first one of a large project reads its embeddings for seconds, and others wait for it."""


def get_nearest(workspace: Workspace, request: Request, _body: Any) -> Response:
    """Answer with the decided images most like `image_id`, or with why there are none."""
    ticket = check_reader(workspace, request)
    project = fetch_project(workspace, ticket.project_id)
    image_id = request.query_params.get("image_id", "")
    is_lead = ticket.role is Role.LEAD
    found = find_nearest(workspace, project, image_id, reviewer=ticket.reviewer, sees_all=is_lead)
    return answer_json(
        {
            "image_id": image_id,
            "examples": [_render(workspace, project, each) for each in found.examples],
            "typical": found.typical,
            "missing": found.missing,
            "needs_computing": found.needs_computing,
        }
    )


def list_routes(prefix: str) -> list[Route]:
    """The route of examples under `prefix`."""
    return [Route(f"{prefix}/nearest", answering(get_nearest, limiter=CapacityLimiter(_AT_ONCE)))]


def _render(workspace: Workspace, project: Project, example: Example) -> dict[str, Any]:
    return {
        "image_id": example.image.image_id,
        "name": PurePosixPath(example.image.image_id).name,
        "thumb": picture_address(workspace, project.project_id, example.image, "thumbnails"),
        "label": example.label,
        "names": list(example.names),
        "verdict": example.verdict,
        "likeness": example.likeness,
        "words": example.in_words,
    }
