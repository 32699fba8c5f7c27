"""The class list, for desks that are open while it changes."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from endpoint.answers import answer_json, answering, check_ticket
from services.class_facts import class_version, describe_classes
from services.projects import fetch_project
from services.workspace import Workspace


def get_classes(workspace: Workspace, request: Request, _body: Any) -> Response:
    """Answer with the classes as they are now."""
    ticket = check_ticket(workspace, request)
    project = fetch_project(workspace, ticket.project_id)
    return answer_json({"classes_version": class_version(project), "classes": describe_classes(workspace, project)})


def list_routes(prefix: str) -> list[Route]:
    """The route of classes under `prefix`."""
    return [Route(f"{prefix}/classes", answering(get_classes))]
