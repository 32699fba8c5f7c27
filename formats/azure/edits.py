"""What a correction does to the objects of a line: untouched ones keep their source, edited ones change only there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import FormatError
from domain.geometry import Segment
from domain.prediction import Instance, Instances, Task
from formats.azure.boxes import BOX_KEYS
from formats.azure.numbers import read_number
from formats.azure.polygons import as_segment, list_rings
from formats.azure.report import printable
from formats.azure.write import clip_box, clip_fraction


def edit_objects(
    sources: Sequence[Any], ids: Sequence[str], before: Instances, after: Instances, *, task: Task, is_numbered: bool
) -> list[Any]:
    """Return the objects to write.

    Args:
        sources: The objects of the source line.
        ids: Their instance ids, "" for those nobody could see; these are left out.
        before: What was understood of the source.
        after: The whole label as it is now. Its objects are matched with the sources by instance_id.
        task: Detection or segmentation.
        is_numbered: Class names are whole numbers where they look like one.

    Raises:
        FormatError: An edited or new object cannot be written.
    """
    olds = {item.instance_id: item for item in before.items}
    news = {item.instance_id: item for item in after.items}
    written: list[Any] = []
    for source, instance_id in zip(sources, ids, strict=True):
        old, new = olds.get(instance_id), news.get(instance_id)
        if old is not None and new is not None:
            edited = _edit_object(source, old, new, task=task, is_numbered=is_numbered)
            written.append(_without_empty_polygon(edited) if task is Task.DETECTION else edited)
    known = set(ids)
    added = [item for item in after.items if item.instance_id not in known]
    return [*written, *(new_object(item, task=task, is_numbered=is_numbered) for item in added)]


def is_same_object(a: Instance, b: Instance, *, task: Task) -> bool:
    """Whether nothing that is written differs. Scores are not written; a missing isCrowd means the same as 0."""
    return a.label == b.label and bool(a.is_crowd) == bool(b.is_crowd) and _has_same_shape(a, b, task)


def _has_same_shape(a: Instance, b: Instance, task: Task) -> bool:
    if task is Task.SEGMENTATION and (a.polygons or b.polygons):
        return a.polygons == b.polygons
    return a.box == b.box


def _edit_object(
    source: Mapping[str, Any], old: Instance, new: Instance, *, task: Task, is_numbered: bool
) -> Mapping[str, Any]:
    if is_same_object(old, new, task=task):
        return source
    edited = dict(source)
    if new.label != old.label:
        edited["label"] = write_class(new.label, is_numbered=is_numbered)
    if bool(new.is_crowd) != bool(old.is_crowd):
        edited["isCrowd"] = int(bool(new.is_crowd))
    if not _has_same_shape(old, new, task):
        _edit_shape(edited, new, task)
    return edited


def _without_empty_polygon(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Beside an empty polygon Azure ignores the box that the reviewer saw, and drops the object."""
    if "polygon" not in source or any(list_rings(source["polygon"])):
        return source
    return {key: value for key, value in source.items() if key != "polygon"}


def _edit_shape(edited: dict[str, Any], new: Instance, task: Task) -> None:
    if task is Task.SEGMENTATION and new.polygons:
        edited["polygon"] = _write_polygon(new, list_rings(edited.get("polygon")))
        return
    edited.pop("polygon", None)  # Azure would take the box from it and ignore the new one.
    for key, value in zip(BOX_KEYS, clip_box(new.box, where=_name(new)).as_tuple(), strict=True):
        if read_number(edited.get(key)) != value:
            edited[key] = value


def new_object(item: Instance, *, task: Task, is_numbered: bool) -> dict[str, Any]:
    """An object that has no source, in the key order of Azure's samples.

    Raises:
        FormatError: The class is empty, the box has no area, or segmentation has no polygon.
    """
    written: dict[str, Any] = {"label": write_class(item.label, is_numbered=is_numbered)}
    crowd = {} if item.is_crowd is None else {"isCrowd": int(item.is_crowd)}
    if task is Task.SEGMENTATION:
        return {**written, **crowd, "polygon": _write_polygon(item, [])}
    box = clip_box(item.box, where=_name(item))
    return {**written, **dict(zip(BOX_KEYS, box.as_tuple(), strict=True)), **crowd}


def write_class(label: str, *, is_numbered: bool) -> str | int:
    """A class name, as a whole number where its file has such and it looks like one.

    Raises:
        FormatError: The name is empty.
    """
    if not label.strip():
        raise FormatError("An object or image has an empty class name.", remedy="Name its class.")
    is_number = is_numbered and label.removeprefix("-").isdecimal() and str(int(label)) == label
    return int(label) if is_number else label


def _write_polygon(item: Instance, rings: Sequence[Any]) -> list[Any]:
    """The rings of `item`; one that stands in the source as it is keeps its spelling, others are clipped."""
    if not item.polygons:
        raise FormatError(
            "An object has no polygon; instance segmentation needs one.",
            where=_name(item),
            remedy="Draw its outline or delete it.",
        )
    sources = {as_segment(ring): ring for ring in rings}
    return [sources.get(segment) or _write_ring(segment, _name(item)) for segment in item.polygons]


def _write_ring(segment: Segment, where: str) -> list[float]:
    if len(segment) < 6 or len(segment) % 2:
        raise FormatError(
            f"A ring has {len(segment)} values; expected at least 3 points.",
            where=where,
            remedy="Add points or delete it.",
        )
    if not all(value - value == 0 for value in segment):
        raise FormatError("A polygon coordinate is not a finite number.", where=where, remedy="Draw it again.")
    return [clip_fraction(value) for value in segment]


def _name(item: Instance) -> str:
    return f"object {item.instance_id} ({printable(item.label)})"
