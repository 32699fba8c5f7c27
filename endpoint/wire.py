"""What the review desk and the server say to each other, as JSON. Coordinates are fractions of the upright picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.orientation import upright_size
from domain.prediction import Content, Instance, Instances, Labels
from domain.project import ImageState, Project
from services.picture_addresses import picture_address, view_address
from services.queue_order import reason_for
from services.review import Entry, Page, predicted_objects
from services.shown import as_shown
from services.turning import to_upright
from services.workspace import Workspace

_PREDICTED = 10
_LONGEST_TEXT = 2000
_HIGHEST_SEQ = 2**31 - 1
_RELOAD = "Reload the page."


def render_page(workspace: Workspace, project: Project, page: Page) -> dict[str, Any]:
    """The answer to a request for the queue."""
    items = [render_item(workspace, project, state, again=state.image.image_id in page.again) for state in page.states]
    return {
        "items": items,
        "total": page.total,
        "decided": page.decided,
        "skipped": page.skipped,
        "left": page.left,
    }


def render_item(workspace: Workspace, project: Project, state: ImageState, *, again: bool = False) -> dict[str, Any]:
    """One image with everything the desk shows."""
    image, decision = state.image, state.decision
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
        "reason": reason_for(state, project),
        "status": decision.verdict if decision else "new",
        "again": again,
        "decision_id": decision.decision_id if decision else "",
        "decided_by": decision.reviewer if decision else "",
        "source": shown.source,
        **_render_content(state, project, shown.content),
    }


def parse_entry(sent: Any) -> Entry:
    """Read one decision.

    Raises:
        InputError: It has another shape.
    """
    fields = _need(sent, dict, "an entry")
    verdict = _need(fields.get("verdict"), str, "verdict")
    if verdict not in set(Verdict):
        raise InputError(f"There is no verdict '{verdict}'.", remedy=_RELOAD)
    seconds = fields.get("seconds")
    overlays = _need(fields.get("overlays") or [], list, "overlays")
    seq = parse_seq(fields)
    if not seq:
        raise InputError(f"seq is missing or no whole number from 1 to {_HIGHEST_SEQ}.", remedy=_RELOAD)
    return Entry(
        seq=seq,
        decision_id=_text(fields, "decision_id", longest=64),
        image_id=_text(fields, "image_id"),
        verdict=Verdict(verdict),
        content=_parse_content(fields),
        note=str(fields.get("note") or "")[:_LONGEST_TEXT],
        overlays=tuple(str(name)[:40] for name in overlays)[:20],
        seconds=float(seconds) if isinstance(seconds, int | float) and math.isfinite(seconds) else None,
        undoes=_text(fields, "undoes", longest=64) if fields.get("undoes") else None,
    )


def parse_seq(sent: Any) -> int:
    """Read the number of a decision; 0 when it has none that can be counted with."""
    seq = sent.get("seq") if isinstance(sent, dict) else None
    return seq if type(seq) is int and 1 <= seq <= _HIGHEST_SEQ else 0


def parse_object(sent: Any) -> Instance:
    """Read one object.

    Raises:
        InputError: It has another shape, or a coordinate is not finite.
    """
    fields = _need(sent, dict, "an object")
    box = _numbers(fields.get("box"), "box")
    if len(box) != 4:
        raise InputError(f"A box has {len(box)} numbers; expected 4.", remedy=_RELOAD)
    rings = tuple(_numbers(ring, "polygon") for ring in _need(fields.get("polygons") or [], list, "polygons"))
    if any(len(ring) % 2 for ring in rings):
        raise InputError("A polygon has an odd number of values.", remedy=_RELOAD)
    crowd = fields.get("is_crowd")
    score = fields.get("score")
    return Instance(
        instance_id=_text(fields, "id", longest=200),
        label=_text(fields, "label", shortest=0),  # a bad label may lack a class: `services.review` says what to do
        box=Box(*box),
        score=float(score) if isinstance(score, int | float) and math.isfinite(score) else None,
        polygons=rings,
        is_crowd=crowd if isinstance(crowd, bool) else None,
    )


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


def _parse_content(fields: Mapping[str, Any]) -> Content | None:
    if fields.get("objects") is not None:
        return Instances(tuple(parse_object(item) for item in _need(fields["objects"], list, "objects")))
    if fields.get("labels") is not None:
        names = [_need(name, str, "a label") for name in _need(fields["labels"], list, "labels")]
        return Labels(dict.fromkeys(names, 1.0))
    return None


def _text(fields: Mapping[str, Any], name: str, *, shortest: int = 1, longest: int = _LONGEST_TEXT) -> str:
    text = _need(fields.get(name), str, name)
    if not shortest <= len(text) <= longest:
        raise InputError(f"{name} has {len(text)} characters; expected {shortest} to {longest}.", remedy=_RELOAD)
    return text


def _numbers(sent: Any, name: str) -> tuple[float, ...]:
    values = _need(sent, list, name)
    if not all(type(value) in {int, float} and math.isfinite(value) for value in values):
        raise InputError(f"{name} holds something that is not a finite number.", remedy=_RELOAD)
    return tuple(float(value) for value in values)


def _need(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f"{name} is missing or has another type; expected {kind.__name__}.", remedy=_RELOAD)
    return value
