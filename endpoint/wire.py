"""Telling the review desk about images, as JSON. Coordinates are fractions of the upright picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from domain.orientation import upright_size
from domain.prediction import Content, Instance, Instances, Labels
from domain.project import ImageState, Project
from domain.region import region_to_plain
from services.edit_merge import EditConflict
from services.leases import Held, Holding
from services.picture_addresses import picture_address, view_address
from services.queue_order import reason_for
from services.regions import region_to_upright
from services.review import Page, predicted_objects
from services.shown import as_shown
from services.turning import to_upright
from services.withholding import is_withheld, withhold
from services.workspace import Workspace

_PREDICTED = 10
_LONGEST_TEXT = 2000
_HIGHEST_SEQ = 2**31 - 1
_RELOAD = "Reload the page."


def render_page(
    workspace: Workspace, project: Project, page: Page, *, holdings: Mapping[str, Holding] | None = None
) -> dict[str, Any]:
    """The answer to a request for the queue; `holdings` tells which of the images others work on."""
    items = [
        render_item(
            workspace,
            project,
            state,
            again=state.image.image_id in page.again,
            holding=(holdings or {}).get(state.image.image_id),
            reason=page.reasons.get(state.image.image_id, ""),
        )
        for state in page.states
    ]
    return {
        "items": items,
        "total": page.total,
        "decided": page.decided,
        "skipped": page.skipped,
        "left": page.left,
        "held": _render_held(page.held),
    }


def render_item(
    workspace: Workspace,
    project: Project,
    state: ImageState,
    *,
    again: bool = False,
    holding: Holding | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """One image with everything the desk shows; `reason` is why it is on a worklist, where that is known."""
    image = state.image
    withheld = is_withheld(project, state)
    state = withhold(state) if withheld else state
    width, height = upright_size(image.width, image.height, image.orientation)
    shown = as_shown(state, project)
    return {
        "image_id": image.image_id,
        "name": PurePosixPath(image.image_id).name,
        "url": view_address(workspace, project.project_id, image),
        "tiles": picture_address(workspace, project.project_id, image, "tiles"),
        "thumb": picture_address(workspace, project.project_id, image, "thumbnails"),
        "width": width,
        "height": height,
        "readable": image.is_readable,
        "problem": image.problem,
        "reason": (not withheld and reason) or reason_for(state, project),
        "again": again,
        "withheld": withheld,
        "model_id": project.model_id,
        "held": None if holding is None else render_holding(holding),
        **_render_decision(state),
        "source": shown.source,
        **_render_content(state, project, shown.content),
    }


def render_holding(holding: Holding) -> dict[str, Any]:
    """Somebody else who works on an image, and for how many seconds at most."""
    return {"reviewer": holding.reviewer, "free_in": round(holding.free_in, 1)}


def render_conflict(project: Project, conflict: EditConflict) -> dict[str, Any]:
    """What another person decided meanwhile, for a choice between the two."""
    state = conflict.theirs
    decision = state.decision
    content = _render_content(state, project, as_shown(state, project).content)
    told = "objects" if project.task.has_objects else "labels"
    return {
        "image_id": state.image.image_id,
        "decision_id": decision.decision_id if decision else "",
        "reviewer": decision.reviewer if decision else "",
        "decided_at": decision.decided_at.isoformat() if decision else "",
        "verdict": decision.verdict if decision else "new",
        "note": decision.note if decision else "",
        told: content[told],
        "merged": None,
        "clashes": list(conflict.clashes),
        "mine": conflict.mine,
        "theirs": conflict.other,
    }


def _render_held(held: Held | None) -> dict[str, Any] | None:
    if held is None:
        return None
    return {"images": held.images, "reviewers": list(held.reviewers), "free_in": round(held.free_in, 1)}


def _render_decision(state: ImageState) -> dict[str, Any]:
    decision = state.decision
    if decision is None:
        nothing = dict.fromkeys(("decision_id", "decided_by", "decided_at", "note"), "")
        return {"status": "new", **nothing, "region": None}
    region = None if decision.region is None else region_to_upright(decision.region, state.image.orientation)
    return {
        "status": decision.verdict,
        "decision_id": decision.decision_id,
        "decided_by": decision.reviewer,
        "decided_at": decision.decided_at.isoformat(),
        "note": decision.note,
        "region": None if region is None else region_to_plain(region),
    }


def _render_content(state: ImageState, project: Project, content: Content) -> dict[str, Any]:
    if isinstance(content, Labels):
        predicted = state.prediction.top(_PREDICTED) if isinstance(state.prediction, Labels) else []
        return {
            "labels": list(content.names),
            "predicted": [{"label": name, "score": score} for name, score in predicted],
            "objects": [],
            "predictions": [],
        }
    orientation = state.image.orientation
    predictions = predicted_objects(state, project)
    return {
        "labels": [],
        "predicted": [],
        "objects": _render_objects(content, state, orientation),
        "predictions": _render_objects(predictions, state, orientation) if predictions else [],
    }


def _render_objects(content: Content, state: ImageState, orientation: int) -> list[dict[str, Any]]:
    if not isinstance(content, Instances):
        return []
    upright = to_upright(content, orientation)
    items = upright.items if isinstance(upright, Instances) else ()
    return [_render_object(item, *_source_of(stored, state)) for item, stored in zip(items, content.items, strict=True)]


def _render_object(item: Instance, source: str, score: float | None) -> dict[str, Any]:
    return {
        "id": item.instance_id,
        "label": item.label,
        "score": score,
        "source": source,
        "box": list(item.box.as_tuple()),
        "polygons": [list(ring) for ring in item.polygons],
        "is_crowd": item.is_crowd,
    }


def _source_of(item: Instance, state: ImageState) -> tuple[str, float | None]:
    """Who says so, and how sure: an object that equals the label's or the model's is not a correction."""
    given = state.label.find(item.instance_id) if isinstance(state.label, Instances) else None
    if given is not None and _is_same(given, item):
        return "label", None
    predicted = state.prediction.find(item.instance_id) if isinstance(state.prediction, Instances) else None
    if predicted is not None and _is_same(predicted, item):
        return "prediction", predicted.score
    return "correction", None


def _is_same(a: Instance, b: Instance) -> bool:
    return (a.label, a.box, a.polygons) == (b.label, b.box, b.polygons)
