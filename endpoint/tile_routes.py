"""Large pictures: a reduced view, and tiles of the part in sight. For signed addresses only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from endpoint.answers import answer_json, answering
from endpoint.signed_images import FOR_GOOD, find_image, locate_file
from services.tiles import Tiles, fetch_tile, fetch_view, prepare_tiles
from services.workspace import Workspace

_VIEWS_AT_ONCE = 2  # each may take seconds and 300 MB when it is made


def get_view(workspace: Workspace, request: Request, _body: Any) -> Response:
    image = find_image(workspace, request, "views")
    file = locate_file(workspace, request, image)
    view = fetch_view(workspace, request.path_params["project_id"], image, file)
    return Response(view.content, headers=FOR_GOOD, media_type=view.media_type)


def get_tiles(workspace: Workspace, request: Request, _body: Any) -> Response:
    """Where the tiles are, or how far cutting them has come."""
    image = find_image(workspace, request, "tiles")
    file = locate_file(workspace, request, image)
    tiles = prepare_tiles(workspace, request.path_params["project_id"], image, file)
    return answer_json({**_render(tiles), "address": _address(request, tiles)})


def get_tile(workspace: Workspace, request: Request, _body: Any) -> Response:
    image = find_image(workspace, request, "tiles")
    place = request.path_params
    stamp = request.query_params.get("t", "")
    content = fetch_tile(
        workspace, place["project_id"], image, stamp, number=place["level"], column=place["column"], row=place["row"]
    )
    return Response(content, headers=FOR_GOOD, media_type="image/jpeg")


def list_routes(prefix: str) -> list[Route]:
    """The routes of large pictures under `prefix`."""
    return [
        Route(f"{prefix}/views", answering(get_view, limiter=CapacityLimiter(_VIEWS_AT_ONCE))),
        Route(f"{prefix}/tiles", answering(get_tiles)),
        Route(f"{prefix}/tiles/{{level:int}}/{{column:int}}/{{row:int}}", answering(get_tile)),
    ]


def _render(tiles: Tiles) -> dict[str, Any]:
    levels = [
        {"scale": level.scale, "columns": list(level.columns), "rows": list(level.rows)} for level in tiles.levels
    ]
    return {"levels": levels, "ready": tiles.is_ready, "done": round(tiles.done, 3)}


def _address(request: Request, tiles: Tiles) -> str:
    """Of one tile, with names where the numbers go. What the image is called cannot hold braces once it is quoted."""
    signed = {name: request.query_params[name] for name in ("image_id", "v", "s")}
    query = urlencode({**signed, "t": tiles.stamp})
    project_id = request.path_params["project_id"]
    return f"/api/projects/{project_id}/tiles/{{level}}/{{column}}/{{row}}?{query}"
