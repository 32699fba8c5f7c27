"""Reading predicted objects: box, class, score and polygon (formats.md 2.3 and 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.geometry import Box, Segment
from domain.prediction import Instance, Instances
from formats.azure.boxes import BOX_KEYS
from formats.azure.numbers import read_number
from formats.azure.objects import read_class_name
from formats.azure.polygons import as_segment, list_rings
from formats.azure.prediction_shapes import Objects
from formats.azure.report import LineReport, shown

_ROUNDING = 1e-6


def read_scored_objects(shape: Objects, report: LineReport, *, prefix: str) -> tuple[Instances | None, tuple[str, ...]]:
    """Read the objects of a line; faulty ones are noted and left out.

    Returns:
        The objects, and their ids in source order ("" for one left out); None when there is no list.
    """
    if not isinstance(shape.objects, list):
        message = f"{shape.key} is {shown(shape.objects)}; expected a list of objects."
        report.add("PR004", message, path=[shape.key], remedy="Write [] for an image without objects.")
        return None, ()
    if shape.scores is not None and (not isinstance(shape.scores, list) or len(shape.scores) != len(shape.objects)):
        message = f"label has {len(shape.objects)} objects, label_confidence is {shown(shape.scores)}."
        report.add("PR006", message, path=["label_confidence"], remedy="Give one score per object.")
        return None, ()
    items = [_read_object(shape, index, f"{prefix}-{index}", report) for index in range(len(shape.objects))]
    return Instances(tuple(filter(None, items))), tuple(item.instance_id if item else "" for item in items)


def _read_object(shape: Objects, index: int, instance_id: str, report: LineReport) -> Instance | None:
    source = shape.objects[index]
    path = [shape.key, index]
    if not isinstance(source, dict):
        message = f"The object is {shown(source)}; expected box, label and score."
        report.add("PR004", message, path=path, annotation=index, remedy="Write it as an object or remove it.")
        return None
    label = read_class_name(source.get("label"))
    if label is None:
        message = f"The class name is {shown(source.get('label'))}; expected text that is not empty."
        report.add("PR012", message, path=[*path, "label"], annotation=index, remedy="Name the class.")
    scores = shape.scores
    score_path = [*path, "score"] if scores is None else ["label_confidence", index]
    score = read_score(source.get("score") if scores is None else scores[index], score_path, report, annotation=index)
    nested = source.get("box")
    corners = nested if isinstance(nested, dict) else source
    box = _read_box(corners, [*path, "box"] if corners is nested else path, index, report)
    if label is None or score is None or box is None:
        return None
    return Instance(instance_id, label, box, score, _read_polygons(source, path, index, report))


def read_score(value: Any, path: list[str | int], report: LineReport, *, annotation: int | None = None) -> float | None:
    """A probability; float32 rounding beyond 0 or 1 is forgiven. None with a finding for anything else."""
    number = read_number(value)
    if number is not None and -_ROUNDING <= number <= 1 + _ROUNDING:
        if isinstance(value, str):
            report.remark("prediction number as text", detail=shown(value), path=path, annotation=annotation)
        return min(max(number, 0.0), 1.0)
    remedy = "Divide percentages by 100." if number is not None and 1 < number <= 100 else "Write a number from 0 to 1."
    message = f"The score is {shown(value)}; expected a number from 0 to 1."
    report.add("PR007", message, path=path, annotation=annotation, remedy=remedy)
    return None


def _read_box(corners: Mapping[str, Any], path: list[str | int], index: int, report: LineReport) -> Box | None:
    """Coordinates may lie a little outside 0 to 1: models do not clip."""
    numbers = [read_number(corners.get(key)) for key in BOX_KEYS]
    broken = [key for key, number in zip(BOX_KEYS, numbers, strict=True) if number is None]
    if broken:
        found = ", ".join(f"{key} {shown(corners[key])}" if key in corners else f"no {key}" for key in broken)
        message = f"The box has {found}; expected topX, topY, bottomX and bottomY as numbers."
        report.add(
            "PR008", message, path=path, annotation=index, remedy="Write fractions of the image's width and height."
        )
        return None
    if any(isinstance(corners[key], str) for key in BOX_KEYS):
        report.remark("prediction number as text", detail=shown(corners[BOX_KEYS[0]]), path=path, annotation=index)
    box = Box(*[number for number in numbers if number is not None])
    if box.width <= 0 or box.height <= 0:
        message = (
            f"The box {shown(list(box.as_tuple()))} is empty or upside down; expected topX < bottomX, topY < bottomY."
        )
        report.add("PR010", message, path=path, annotation=index, remedy="Check the order of the coordinates.")
        return None
    _note_pixels(box, path, index, report)
    return box


def _note_pixels(box: Box, path: list[str | int], index: int, report: LineReport) -> None:
    """Warn; the box is kept, since how far a model may miss the image is not defined."""
    if max(map(abs, box.as_tuple())) > 1.5:
        message = f"The box {shown(list(box.as_tuple()))} lies far outside 0 to 1: pixel coordinates?"
        report.add("PR014", message, path=path, annotation=index, remedy="Divide by the image's width and height.")


def _read_polygons(
    source: Mapping[str, Any], path: list[str | int], index: int, report: LineReport
) -> tuple[Segment, ...]:
    value = source.get("polygon")
    if value is None:
        return ()
    rings = [as_segment(ring) for ring in list_rings(value)]
    drawn = tuple(ring for ring in rings if ring is not None and len(ring) >= 6)
    if len(drawn) < len(rings) or not isinstance(value, list):
        message = (
            f"{len(rings) - len(drawn)} of {len(rings)} rings are not at least three points x, y and are left out."
        )
        remedy = "Nothing to do: mask contours give such rings, and Azure drops them too."
        report.add("PR011", message, path=[*path, "polygon"], annotation=index, remedy=remedy)
    return drawn
