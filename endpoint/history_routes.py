"""What was decided about one image, for the desk: its log, and the label as it stood behind a row."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.image import ImageRef
from domain.prediction import Content, Instance, Instances, Labels
from domain.region import region_to_plain
from domain.role import Role
from endpoint import review_routes
from endpoint.answers import answer_json, answering, check_reader
from services.history import MOST_ROWS, HistoryRow, ObjectChange, fetch_history_of, fetch_label_after
from services.projects import fetch_project
from services.regions import region_to_upright
from services.turning import to_upright
from services.workspace import Workspace


def get_history(workspace: Workspace, request: Request, body: Any) -> Response:
    """Answer with the log of one image, one object, one row; without an image with what the reviewer can undo."""
    query = request.query_params
    image_id = query.get("image_id", "")
    if not image_id:
        return review_routes.get_history(workspace, request, body)
    ticket = check_reader(workspace, request)
    reviewer = None if ticket.role is Role.LEAD else ticket.reviewer
    project = fetch_project(workspace, ticket.project_id)
    if decision_id := query.get("decision_id", ""):
        image, content = fetch_label_after(workspace, project, image_id, decision_id, reviewer=reviewer)
        return answer_json({"decision_id": decision_id, "image_id": image_id, **render_label(content, image)})
    instance_id = query.get("instance_id", "")
    image, rows = fetch_history_of(workspace, project, image_id, reviewer=reviewer)
    told = [row for row in rows if not instance_id or any(each.instance_id == instance_id for each in row.changes)]
    entries = [render_row(row, image, instance_id=instance_id) for row in told[:MOST_ROWS]]
    return answer_json({"image_id": image_id, "entries": entries, "more": max(0, len(told) - MOST_ROWS)})


def render_row(row: HistoryRow, image: ImageRef, *, instance_id: str = "") -> dict[str, Any]:
    """One row as JSON, on the upright picture.

    Args:
        row: The row.
        image: The image.
        instance_id: Only what it did to this object; everything unless given.
    """
    decision = row.decision
    provenance = row.receipt.provenance or {}
    region = None if decision.region is None else region_to_upright(decision.region, image.orientation)
    has_classes = isinstance(row.after, Labels)
    return {
        "decision_id": decision.decision_id,
        "kind": row.kind,
        "verdict": decision.verdict.value,
        "by": decision.reviewer,
        "at": decision.decided_at.isoformat(),
        "note": decision.note,
        "seconds": row.receipt.seconds,
        "overlays": list(decision.overlays),
        "withheld": bool(provenance.get("withheld")),
        "region": None if region is None else region_to_plain(region),
        "undoes": decision.undoes,
        "is_undone": row.is_undone,
        "is_in_force": row.is_in_force,
        "labels": {"before": _names(row.before), "after": _names(row.after)} if has_classes else None,
        "objects": [
            _render_change(each, image.orientation)
            for each in row.changes
            if not instance_id or each.instance_id == instance_id
        ],
    }


def render_label(content: Content, image: ImageRef) -> dict[str, Any]:
    """A whole label as JSON, as the desk sends one: `labels` or `objects`, the other one None."""
    if isinstance(content, Labels):
        return {"labels": list(content.names), "objects": None}
    upright = to_upright(content, image.orientation)
    items = upright.items if isinstance(upright, Instances) else ()
    return {"labels": None, "objects": [_render_object(item) for item in items]}


def list_routes(prefix: str) -> list[Route]:
    """The route of histories under `prefix`; it stands before those of `endpoint.review_routes`."""
    return [Route(f"{prefix}/history", answering(get_history))]


def _render_change(change: ObjectChange, orientation: int) -> dict[str, Any]:
    before, after = (_turned(each, orientation) for each in (change.before, change.after))
    return {"id": change.instance_id, "change": change.what, "before": before, "after": after}


def _turned(item: Instance | None, orientation: int) -> dict[str, Any] | None:
    upright = to_upright(Instances((item,)), orientation) if item is not None else None
    return _render_object(upright.items[0]) if isinstance(upright, Instances) else None


def _render_object(item: Instance) -> dict[str, Any]:
    return {
        "id": item.instance_id,
        "label": item.label,
        "box": list(item.box.as_tuple()),
        "polygons": [list(ring) for ring in item.polygons],
        "is_crowd": item.is_crowd,
    }


def _names(content: Content) -> list[str]:
    return list(content.names) if isinstance(content, Labels) else []
