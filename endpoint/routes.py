"""Every route of Relook's own, for mounting beside the pages."""

from __future__ import annotations

from starlette.routing import Route

from endpoint import (
    class_routes,
    history_routes,
    image_search_routes,
    lease_routes,
    map_routes,
    nearest_routes,
    picture_routes,
    review_routes,
    tile_routes,
)

PREFIX = "/api/projects/{project_id:int}"


def list_routes() -> list[Route]:
    desk = (history_routes, review_routes, map_routes, nearest_routes, lease_routes, class_routes, image_search_routes)
    modules = (picture_routes, tile_routes, *desk)
    return [route for module in modules for route in module.list_routes(PREFIX)]
