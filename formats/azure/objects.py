"""Reading the objects of one line: boxes and polygons with their classes (formats.md 1.4 and 1.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from domain.geometry import Box
from domain.prediction import Instance, Instances, Task
from formats.azure.boxes import BOX_KEYS, read_box
from formats.azure.numbers import read_number
from formats.azure.polygons import read_polygon
from formats.azure.report import LineReport, printable, shown

OBJECT_KEYS = frozenset({"label", *BOX_KEYS, "isCrowd", "polygon"})
_PLAIN_VALUES = itemgetter("label", *BOX_KEYS)


def read_objects(
    sources: Sequence[Any], task: Task, report: LineReport, *, prefix: str
) -> tuple[Instances, tuple[str, ...]]:
    """Read all objects of a line.

    Args:
        sources: The list under `label`.
        task: Detection or segmentation.
        report: Where findings go.
        prefix: Start of the instance ids; the index in `sources` is added.

    Returns:
        The objects that can be understood, valid or not, and the ids in source order ("" for the others).
    """
    items: list[Instance] = []
    ids: list[str] = []
    for index, source in enumerate(sources):
        instance_id = f"{prefix}-{index}"
        item = _read_plain(source, instance_id, task) or _read_object(source, index, instance_id, task, report)
        ids.append("" if item is None else instance_id)
        if item is not None:
            items.append(item)
    return Instances(tuple(items)), tuple(ids)


def list_sources(label: Any) -> list[Any]:
    """The objects under `label`, also where a single one stands there without a list."""
    return label if isinstance(label, list) else [label] if isinstance(label, dict) else []


def _read_plain(source: Any, instance_id: str, task: Task) -> Instance | None:
    """A faultless box of the documented keys, or None for everything that needs a closer look."""
    if task is not Task.DETECTION or type(source) is not dict:
        return None
    try:
        label, left, top, right, bottom = _PLAIN_VALUES(source)
    except KeyError:
        return None
    if (
        type(label) is not str
        or not label.strip()
        or not type(left) is type(top) is type(right) is type(bottom) is float
    ):
        return None
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        return None
    crowd = source.get("isCrowd")
    if (len(source) != 6 or type(crowd) is not int or crowd not in {0, 1}) and (len(source) != 5 or crowd is not None):
        return None
    return Instance(instance_id, label, Box(left, top, right, bottom), None, (), None if crowd is None else crowd == 1)


def _read_object(source: Any, index: int, instance_id: str, task: Task, report: LineReport) -> Instance | None:
    if not isinstance(source, dict):
        message = f"The object is {shown(source)}; expected an object with label and coordinates."
        remedy = 'Delete it or write it as an object; "..." stands for objects left out of a document.'
        report.add("JL005", message, path=["label", index], annotation=index, remedy=remedy)
        return None
    label = _read_class(source, index, report)
    box, polygons = _read_shape(source, index, task, report)
    crowd = _read_crowd(source, index, report)
    for key in [key for key in source if key not in OBJECT_KEYS]:
        report.remark("unknown key", detail=printable(key), path=["label", index, key], annotation=index)
    if box is None or label is None:
        return None
    return Instance(instance_id, label, box, None, polygons, crowd)


def _read_class(source: Mapping[str, Any], index: int, report: LineReport) -> str | None:
    """The class name; empty text where it is missing, so that a person can name it."""
    if "label" not in source:
        message = "The object has no label; expected a class name."
        report.add("JL004", message, path=["label", index], annotation=index, remedy="Name its class.")
        return ""
    value = source["label"]
    name = read_class_name(value)
    if name is None:
        message = f"The class name is {shown(value)}; expected text that is not empty, or a whole number."
        report.add("JL005", message, path=["label", index, "label"], annotation=index, remedy="Name its class.")
        return ""
    return name


def read_class_name(value: Any) -> str | None:
    """A class name as text; None unless it is text with a visible sign, or a whole number."""
    if isinstance(value, str):
        return value if value.strip() else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _read_shape(source: Mapping[str, Any], index: int, task: Task, report: LineReport) -> tuple[Box | None, Any]:
    """The box and the rings. Where the key polygon exists, even empty, Azure ignores the box keys."""
    if "polygon" in source:
        polygon = read_polygon(source["polygon"], index, report)
        if task is Task.DETECTION and polygon.segments:
            report.remark("polygon beside box", path=["label", index, "polygon"], annotation=index)
        return polygon.box or _box_of_keys(source), polygon.segments
    if task is Task.SEGMENTATION:
        message = "The object has no polygon; instance segmentation needs one."
        report.add("JL008", message, path=["label", index], annotation=index, remedy="Draw its outline.")
        return _box_of_keys(source), ()
    return read_box(source, index, report), ()


def _box_of_keys(source: Mapping[str, Any]) -> Box | None:
    numbers = [number for key in BOX_KEYS if (number := read_number(source.get(key))) is not None]
    return Box(*numbers) if len(numbers) == 4 else None


def _read_crowd(source: Mapping[str, Any], index: int, report: LineReport) -> bool | None:
    """Azure takes true, 1, "1", "true" and "True" as a crowd and everything else as none."""
    if "isCrowd" not in source:
        return None
    value = source["isCrowd"]
    if isinstance(value, (bool, int)) and value in {0, 1}:
        return value == 1
    report.remark("crowd", detail=shown(value), path=["label", index, "isCrowd"], annotation=index)
    return value in ("true", "True", "1", 1)
