"""Reading what the review desk sends, as JSON. Coordinates are fractions of the upright picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels
from domain.region import Region, region_from_plain
from services.review import OWN_REMARKS, Entry

_LONGEST_TEXT = 2000
_LONGEST_LABEL = 100_000  # of a label file: what was imported can be decided
_LONGEST_ID = 64
_LARGEST_PROVENANCE = 256 * 1024
_LARGEST_REMARK = 4 * 1024
_MOST_REMARKS = 50
LEFT_OUT = "left_out"
"""Key in the provenance of a decision: the parts that were too large to keep."""

_HIGHEST_SEQ = 2**31 - 1
_RELOAD = "Reload the page."


def parse_client(body: Any) -> str:
    """Read which open page a request comes from.

    Raises:
        InputError: It does not say.
    """
    client_id = body.get("client_id") if isinstance(body, dict) else None
    if not isinstance(client_id, str) or not 1 <= len(client_id) <= _LONGEST_ID:
        raise InputError("The request holds no client_id.", remedy=_RELOAD)
    return client_id


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
        decision_id=_text(fields, "decision_id", longest=_LONGEST_ID),
        image_id=_text(fields, "image_id"),
        verdict=Verdict(verdict),
        content=_parse_content(fields),
        note=str(fields.get("note") or "")[:_LONGEST_TEXT],
        overlays=tuple(str(name)[:40] for name in overlays)[:20],
        seconds=float(seconds) if isinstance(seconds, int | float) and math.isfinite(seconds) else None,
        undoes=_text(fields, "undoes", longest=_LONGEST_ID) if fields.get("undoes") else None,
        parent=None if fields.get("parent") is None else _text(fields, "parent", shortest=0, longest=_LONGEST_ID),
        provenance=_parse_provenance(fields.get("provenance")),
        region=_parse_region(fields.get("region")),
        classes_version=(
            None if fields.get("classes_version") is None else _text(fields, "classes_version", shortest=0, longest=200)
        ),
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
        # a bad label may lack a class: `services.review` says what to do
        label=_text(fields, "label", shortest=0, longest=_LONGEST_LABEL),
        box=Box(*box),
        score=float(score) if isinstance(score, int | float) and math.isfinite(score) else None,
        polygons=rings,
        is_crowd=crowd if isinstance(crowd, bool) else None,
    )


def _parse_provenance(sent: Any) -> dict[str, Any] | None:
    """What was on the screen, as the browser tells it; what the server alone may remark is left out."""
    if sent is None:
        return None
    told = {name: value for name, value in _need(sent, dict, "provenance").items() if name not in OWN_REMARKS}
    if len(orjson.dumps(told)) <= _LARGEST_PROVENANCE:
        return told
    # What is remarked about a decision must not keep it from being stored.
    short = {name: value for name, value in told.items() if len(orjson.dumps(value)) <= _LARGEST_REMARK}
    left_out = sorted(set(told) - set(short))[:_MOST_REMARKS]
    return {**dict(list(short.items())[:_MOST_REMARKS]), LEFT_OUT: [name[:100] for name in left_out]}


def _parse_region(sent: Any) -> Region | None:
    if sent is None:
        return None
    try:
        return region_from_plain(_need(sent, dict, "region"))
    except (ValueError, TypeError) as error:
        raise InputError(f"The marked place cannot be read: {error}.", remedy=_RELOAD) from error


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
