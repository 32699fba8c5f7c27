"""What an open desk says about the images it shows: that it still shows them, or that it is being closed."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.decision import NEW, OPEN_STATUSES
from domain.errors import InputError, LimitError
from domain.project import Project
from endpoint.answers import answer_json, answering, check_writer
from endpoint.entries import parse_client
from endpoint.wire import render_holding
from services import leases
from services.class_facts import class_version
from services.projects import fetch_progress, fetch_project
from services.workspace import Workspace

_MOST_IMAGES = 200


def post_leases(workspace: Workspace, request: Request, body: Any) -> Response:
    """Keep the images named; answer with those that others work on meanwhile, and whether anything else is another now.

    Desks ask every minute, also those whose reviewer looks at one image for long.
    """
    ticket = check_writer(workspace, request)
    claimant = leases.Claimant(ticket.reviewer, parse_client(body))
    held = leases.renew(workspace, ticket.project_id, claimant, _read_images(body))
    others = {image_id: render_holding(holding) for image_id, holding in held.items()}
    project = fetch_project(workspace, ticket.project_id)
    told = {"sent_back": _count_sent_back(workspace, project), "classes_version": class_version(project)}
    return answer_json({"expires_in": leases.LEASE_SECONDS, "held": others, **told})


def post_release(workspace: Workspace, request: Request, body: Any) -> Response:
    """Give back everything that the page holds."""
    ticket = check_writer(workspace, request)
    leases.release(workspace, ticket.project_id, leases.Claimant(ticket.reviewer, parse_client(body)))
    return answer_json({"released": True})


def list_routes(prefix: str) -> list[Route]:
    """The routes of leases under `prefix`."""
    return [
        Route(f"{prefix}/leases", answering(post_leases, reads_body=True), methods=["POST"]),
        Route(f"{prefix}/leases/release", answering(post_release, reads_body=True), methods=["POST"]),
    ]


def _count_sent_back(workspace: Workspace, project: Project) -> int:
    """Images that were decided and wait once more."""
    verdicts = fetch_progress(workspace, project.project_id).verdicts
    return sum(verdicts.get(status, 0) for status in OPEN_STATUSES if status != NEW)


def _read_images(body: Any) -> list[str]:
    names = body.get("image_ids", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("image_ids is no list of images.", remedy="Reload the page.")
    if len(names) > _MOST_IMAGES:
        raise LimitError(f"{len(names)} images at once; at most {_MOST_IMAGES} are kept.", remedy="Name fewer.")
    return names
