"""Every route of Relook's own, for mounting beside the pages."""

from __future__ import annotations

from starlette.routing import Route

from endpoint import picture_routes, review_routes, tile_routes

PREFIX = "/api/projects/{project_id:int}"


def list_routes() -> list[Route]:
    return [*picture_routes.list_routes(PREFIX), *tile_routes.list_routes(PREFIX), *review_routes.list_routes(PREFIX)]
