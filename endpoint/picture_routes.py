"""Pictures and thumbnails, for signed addresses only, and the cells of the gallery."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from domain.errors import InputError, LimitError
from domain.role import Role
from endpoint.answers import answer_json, answering, check_ticket
from endpoint.signed_images import FOR_GOOD, find_image, locate_file
from services.browsing import load_cells
from services.kept_thumbnails import make_thumbnail
from services.picture_addresses import is_large, thumbnail_file
from services.projects import fetch_project
from services.thumbnails import render_view
from services.tiles import fetch_view
from services.workspace import Workspace

_MOST_CELLS = 100


def get_image(workspace: Workspace, request: Request, _body: Any) -> Response:
    image = find_image(workspace, request, "images")
    file = locate_file(workspace, request, image)
    if is_large(image):
        view = fetch_view(workspace, request.path_params["project_id"], image, file)
    else:
        view = render_view(file, max_pixels=workspace.settings.max_pixels)
    return Response(view.content, headers=FOR_GOOD, media_type=view.media_type)


def get_thumbnail(workspace: Workspace, request: Request, _body: Any) -> Response:
    image = find_image(workspace, request, "thumbnails")
    file = thumbnail_file(workspace, request.path_params["project_id"], image)
    if not file.exists():
        make_thumbnail(workspace, request.path_params["project_id"], image, locate_file(workspace, request, image))
    return FileResponse(file, headers=FOR_GOOD, media_type="image/jpeg")


def post_cells(workspace: Workspace, request: Request, body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    image_ids = body.get("image_ids") if isinstance(body, dict) else None
    if not isinstance(image_ids, list) or not all(isinstance(name, str) for name in image_ids):
        raise InputError("The request names no images.", remedy="Reload the page.")
    if len(image_ids) > _MOST_CELLS:
        raise LimitError(f"{len(image_ids)} images at once; at most {_MOST_CELLS} are answered.")
    project = fetch_project(workspace, ticket.project_id)
    reviewer = None if ticket.role is Role.LEAD else ticket.reviewer
    return answer_json({"cells": load_cells(workspace, project, image_ids, reviewer=reviewer)})


def list_routes(prefix: str) -> list[Route]:
    """The routes of pictures under `prefix`."""
    return [
        Route(f"{prefix}/images", answering(get_image)),
        Route(f"{prefix}/thumbnails", answering(get_thumbnail)),
        Route(f"{prefix}/cells", answering(post_cells, reads_body=True), methods=["POST"]),
    ]
