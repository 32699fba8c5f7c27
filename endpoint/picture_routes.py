"""Pictures and thumbnails, for signed addresses only, and the cells of the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from domain.errors import InputError, LimitError, NotFoundError
from domain.image import ImageRef
from endpoint.answers import answer_json, answering, check_ticket
from services.browsing import load_cells
from services.image_folder import locate_image
from services.picture_addresses import is_ours, thumbnail_file
from services.projects import fetch_project
from services.review import fetch_image
from services.thumbnails import render_thumbnail, render_view
from services.workspace import Workspace

_MOST_CELLS = 100

# An address changes with the file it leads to, so what it gives never does.
_FOR_GOOD = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def get_image(workspace: Workspace, request: Request, _body: Any) -> Response:
    image = _find(workspace, request, "images")
    view = render_view(_locate(workspace, request, image), max_pixels=workspace.settings.max_pixels)
    return Response(view.content, headers=_FOR_GOOD, media_type=view.media_type)


def get_thumbnail(workspace: Workspace, request: Request, _body: Any) -> Response:
    image = _find(workspace, request, "thumbnails")
    file = thumbnail_file(workspace, request.path_params["project_id"], image)
    if not file.exists():
        render_thumbnail(_locate(workspace, request, image), file, max_pixels=workspace.settings.max_pixels)
    return FileResponse(file, headers=_FOR_GOOD, media_type="image/jpeg")


def post_cells(workspace: Workspace, request: Request, body: Any) -> Response:
    ticket = check_ticket(workspace, request)
    image_ids = body.get("image_ids") if isinstance(body, dict) else None
    if not isinstance(image_ids, list) or not all(isinstance(name, str) for name in image_ids):
        raise InputError("The request names no images.", remedy="Reload the page.")
    if len(image_ids) > _MOST_CELLS:
        raise LimitError(f"{len(image_ids)} images at once; at most {_MOST_CELLS} are answered.")
    project = fetch_project(workspace, ticket.project_id)
    return answer_json({"cells": load_cells(workspace, project, image_ids)})


def list_routes(prefix: str) -> list[Route]:
    """The routes of pictures under `prefix`."""
    return [
        Route(f"{prefix}/images", answering(get_image)),
        Route(f"{prefix}/thumbnails", answering(get_thumbnail)),
        Route(f"{prefix}/cells", answering(post_cells, reads_body=True), methods=["POST"]),
    ]


def _find(workspace: Workspace, request: Request, kind: str) -> ImageRef:
    """Return the image an address leads to; what is not ours and what is not there look the same from outside."""
    query, project_id = request.query_params, request.path_params["project_id"]
    image_id, version = query.get("image_id", ""), query.get("v", "")
    signature = query.get("s", "")
    if not is_ours(workspace, project_id, kind, image_id=image_id, version=version, signature=signature):
        raise NotFoundError("There is no picture at this address.", remedy="Reload the page.")
    return fetch_image(workspace, project_id, image_id)


def _locate(workspace: Workspace, request: Request, image: ImageRef) -> Path:
    """Where the file lies; one that became a link out of the image folder since it was read is not served."""
    folder = Path(fetch_project(workspace, request.path_params["project_id"]).image_folder)
    file = Path(image.uri)
    is_under = file.is_relative_to(folder)  # it is not while a folder was relinked and not yet read
    return locate_image(folder, file.relative_to(folder).as_posix()) if is_under else file
