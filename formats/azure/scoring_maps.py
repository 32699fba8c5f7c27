"""Maps of any method, class or object, beside Azure's own explanations: what only Relook's endpoint understands.

A request asks with `maps` among the `xai_parameters`; other endpoints ignore a key they do not know:

    {"method": "gradcam", "parameters": {"layer": ""}, "labels": ["can"], "objects": 3, "seed": 0}

`objects` is how many of the boxes, the highest score first, or a list of objects: {"label", "box": [x_min, y_min,
x_max, y_max], "polygon": [[x, y, ...], ...]} in fractions of the stored pixel grid. The answer about an image holds
`maps`, one a class or object, with raw values as base64 of little-endian float32.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from domain.errors import FormatError
from domain.explanation import Heatmap, ParameterValue, Region, Target
from domain.geometry import Box, Segment
from domain.prediction import Instance
from formats.azure.report import shown

MOST_MAPS = 100
_MOST_CELLS = 4096 * 4096
_EXAMPLE = 'Write for example {"method": "gradcam", "labels": ["can"]}.'


@dataclass(frozen=True, slots=True)
class MapsWanted:
    """Which maps a request asks for.

    Attributes:
        method: Registry name of the method; empty for the quickest one.
        parameters: Of the method, where they differ from its defaults.
        labels: Classes of the whole image; none for the most probable one, or all above the threshold.
        count: How many of the predicted objects, the highest score first, where `objects` names none.
        objects: Objects as somebody drew them.
        seed: Same seed, same machine: same bytes.
    """

    method: str = ""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict[str, ParameterValue])
    labels: tuple[str, ...] = ()
    count: int = 1
    objects: tuple[Instance, ...] = ()
    seed: int = 0

    @classmethod
    def parse(cls, value: Any) -> MapsWanted:
        """Read `maps` of a request.

        Raises:
            FormatError: A part of it cannot be used.
        """
        if not isinstance(value, dict):
            raise FormatError(f"Invalid value for maps: {shown(value)}; expected an object.", remedy=_EXAMPLE)
        wanted = value.get("objects", 1)
        return cls(
            method=_expect(value, "method", str, ""),
            parameters=_read_parameters(_expect(value, "parameters", dict, {})),
            labels=tuple(_read_labels(_expect(value, "labels", list, []))),
            count=1 if isinstance(wanted, list) else _read_count(wanted),
            objects=tuple(_read_objects(wanted)) if isinstance(wanted, list) else (),
            seed=_read_seed(value.get("seed", 0)),
        )

    def as_fields(self) -> dict[str, Any]:
        """The object of a request."""
        objects = [_render_object(thing) for thing in self.objects]
        return {
            "method": self.method,
            "parameters": dict(self.parameters),
            "labels": list(self.labels),
            "objects": objects or self.count,
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True)
class ServedMap:
    """One map as an endpoint answers it.

    Attributes:
        target: The class, and which of the objects: "p0" is the first box of the answer, "o0" the first one asked for.
        method: Registry name.
        heatmap: (h, w) float32, raw and signed.
        region: Where it lies on the stored pixel grid.
        is_regional: It keeps the edges of regions when it is drawn.
        warnings: What a reader should know.
    """

    target: Target
    method: str
    heatmap: Heatmap
    region: Region
    is_regional: bool = False
    warnings: tuple[str, ...] = ()

    def render(self) -> dict[str, Any]:
        """The object of an answer."""
        values = np.ascontiguousarray(self.heatmap, dtype="<f4")
        region = self.region
        return {
            "label": self.target.label,
            "object": self.target.instance_id,
            "method": self.method,
            "grid": list(values.shape),
            "values": base64.b64encode(values.tobytes()).decode(),
            "region": [region.x_min, region.y_min, region.x_max, region.y_max],
            "regional": self.is_regional,
            "warnings": list(self.warnings),
        }


def parse_map(value: Any) -> ServedMap:
    """Read one map of an answer.

    Raises:
        FormatError: It is none, or its values do not fit its grid.
    """
    try:
        height, width = (int(side) for side in value["grid"])
        if height < 1 or width < 1 or height * width > _MOST_CELLS:
            raise ValueError(f"a grid of {height} x {width}")  # noqa: TRY301  worded below like the others
        values = np.frombuffer(base64.b64decode(value["values"], validate=True), "<f4").reshape(height, width)
        region = Region(*(float(edge) for edge in value["region"]))
        named = value.get("object")
        target = Target(str(value["label"]), None if named is None else str(named))
        words = tuple(str(each) for each in value.get("warnings", ()))
        method, is_regional = str(value["method"]), bool(value["regional"])
        found = ServedMap(target, method, values.astype(np.float32), region, is_regional, words)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise FormatError(
            f"The endpoint's map cannot be read: {error}.", remedy="Ask an endpoint of the same version of Relook."
        ) from error
    if not np.isfinite(found.heatmap).all():
        raise FormatError("The endpoint's map holds values that are not finite.", remedy="Ask for another method.")
    return found


def _expect(fields: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = fields.get(key, default)
    if not isinstance(value, kind):
        raise FormatError(f"Invalid value for maps.{key}: {shown(value)}.", remedy=_EXAMPLE)
    return value


def _read_parameters(fields: Mapping[str, Any]) -> dict[str, ParameterValue]:
    for name, value in fields.items():
        if not isinstance(value, bool | int | float | str):
            raise FormatError(f"Invalid value for maps.parameters.{name}: {shown(value)}.", remedy=_EXAMPLE)
    return dict(fields)


def _read_labels(labels: list[Any]) -> list[str]:
    if len(labels) > MOST_MAPS or not all(isinstance(label, str) for label in labels):
        raise FormatError(
            f"Invalid value for maps.labels: {shown(labels)}; expected at most {MOST_MAPS} names.", remedy=_EXAMPLE
        )
    return labels


def _read_count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_MAPS:
        raise FormatError(
            f"Invalid value for maps.objects: {shown(value)}; expected 1 to {MOST_MAPS}, or a list of objects.",
            remedy=_EXAMPLE,
        )
    return value


def _read_seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise FormatError(f"Invalid value for maps.seed: {shown(value)}.", remedy="Write a whole number from 0.")
    return value


def _read_objects(objects: list[Any]) -> list[Instance]:
    if not 1 <= len(objects) <= MOST_MAPS:
        raise FormatError(f"maps.objects lists {len(objects)}; expected 1 to {MOST_MAPS}.", remedy=_EXAMPLE)
    return [_read_object(value, number) for number, value in enumerate(objects)]


def _read_object(value: Any, number: int) -> Instance:
    where = f"maps.objects[{number}]"
    if not isinstance(value, dict) or not isinstance(value.get("label"), str):
        raise FormatError(f"The object is {shown(value)}; expected label and box.", where=where, remedy=_EXAMPLE)
    box = _read_numbers(value.get("box"), where)
    rings = value.get("polygon") or []
    if len(box) != 4 or box[0] >= box[2] or box[1] >= box[3] or not isinstance(rings, list):
        raise FormatError(
            f"The box is {shown(value.get('box'))}; expected [x_min, y_min, x_max, y_max] in fractions.", where=where
        )
    polygons = tuple(_read_numbers(ring, where) for ring in rings)
    if any(len(ring) < 6 or len(ring) % 2 for ring in polygons):
        raise FormatError("A ring of the polygon has no three points.", where=where)
    return Instance(f"o{number}", value["label"], Box(*box), polygons=polygons)


def _read_numbers(value: Any, where: str) -> Segment:
    numbers = [_as_number(each) for each in value] if isinstance(value, list) else [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise FormatError(f"{shown(value)} is no list of numbers.", where=where, remedy=_EXAMPLE)
    return tuple(numbers)


def _as_number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _render_object(thing: Instance) -> dict[str, Any]:
    rings = {"polygon": [list(ring) for ring in thing.polygons]} if thing.polygons else {}
    return {"label": thing.label, "box": list(thing.box.as_tuple()), **rings}
