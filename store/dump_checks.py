"""Whether rows from outside are rows as this Relook writes them: bundles come from anywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, Table

from domain.decision import Verdict
from domain.errors import FormatError
from domain.finding import Severity
from domain.model_spec import InputOrientation
from domain.prediction import Task
from domain.region import region_from_plain
from store.review_schema import CLASS_EDIT_KINDS

_LARGEST = 2**63 - 1
_KINDS = {"labels", "predictions"}


def check_row(name: str, table: Table, row: Mapping[str, Any], *, without: Collection[str] = ()) -> None:
    """Raise unless `row` can be stored and read again.

    Args:
        name: What the row is, for the message.
        table: Where it goes.
        row: Column name -> value.
        without: Columns that are filled in here.

    Raises:
        FormatError: A column is missing, unknown, or holds what Relook never writes there.
    """
    columns = {column.name: column for column in table.columns if column.name not in without}
    if row.keys() != columns.keys():
        odd = ", ".join(sorted(map(str, row.keys() ^ columns.keys())))
        raise FormatError(
            f"A row of {name} has other columns than this Relook stores: {odd}.",
            remedy="Open the bundle with the Relook that wrote it, or a newer one.",
        )
    for key, column in columns.items():
        value = row[key]
        check = _CHECKS.get((table.name, key))
        if not _has_type(value, column) or (value is not None and check is not None and not _passes(check, value)):
            shown = repr(value)[:60]
            raise FormatError(f"A row of {name} has {key} {shown}.", remedy="Make the bundle again.")


def _has_type(value: Any, column: Column[Any]) -> bool:
    if value is None:
        return bool(column.nullable)
    wanted = column.type.python_type
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
    if wanted is str:
        return isinstance(value, str) and "\0" not in value and len(value) <= (getattr(column.type, "length", 0) or 1e9)
    return isinstance(value, wanted)


def _passes(check: Callable[[Any], object], value: Any) -> bool:
    """A check says no by returning False or by any of the errors that parsing raises."""
    try:
        return check(value) is not False
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _is_content(text: str) -> bool:
    stored = orjson.loads(text)
    if stored.keys() == {"labels"}:
        return all(_is_number(score) for score in stored["labels"].values())
    return stored.keys() == {"objects"} and all(_is_object(item) for item in stored["objects"])


def _is_object(item: list[Any]) -> bool:
    instance_id, label, box, score, polygons, is_crowd = item
    return (
        isinstance(instance_id, str)
        and isinstance(label, str)
        and _are_numbers(box)
        and len(box) == 4
        and (score is None or _is_number(score))
        and isinstance(polygons, list)
        and all(map(_are_numbers, polygons))
        and (is_crowd is None or isinstance(is_crowd, bool))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_time(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


def _are_texts(text: str) -> bool:
    return _is_text_list(orjson.loads(text))


def _is_json_object(text: str) -> bool:
    return isinstance(orjson.loads(text), dict)


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_info(text: str) -> bool:
    stored = orjson.loads(text)
    size = stored.pop("input_size")
    classes, notes, task = stored.pop("classes"), stored.pop("notes"), stored.pop("task")
    has_lists = _is_text_list(classes) and _is_text_list(notes) and (size is None or _are_numbers(size))
    has_texts = stored.keys() == {"model_id", "name", "version", "runtime", "weights_sha256"}
    return has_lists and has_texts and _is_text_list(list(stored.values())) and bool(Task(task))


def _is_spec(text: str) -> bool:
    stored = orjson.loads(text)
    sizes, colours = [stored.pop(key) for key in ("resize", "crop")], [stored.pop(key) for key in ("mean", "std")]
    has_numbers = all(each is None or _is_number(each) for each in sizes)
    has_colours = all(each is None or (_are_numbers(each) and len(each) == 3) for each in colours)
    has_texts = stored.keys() == {"name", "weights", "classes", "task", "orientation", "device"}
    is_whole = has_texts and _is_text_list(list(stored.values())) and has_numbers and has_colours
    return is_whole and bool(InputOrientation(stored["orientation"]))


_CHECKS: Mapping[tuple[str, str], Callable[[Any], object]] = {
    ("projects", "task"): Task,
    ("projects", "classes"): _are_texts,
    ("projects", "threshold"): lambda value: 0 <= value <= 1,
    ("projects", "created_at"): _is_time,
    ("projects", "archived_at"): _is_time,
    ("images", "width"): lambda value: value >= 0,
    ("images", "height"): lambda value: value >= 0,
    ("images", "orientation"): lambda value: 1 <= value <= 8,
    ("images", "modified_ns"): lambda value: int(value) >= 0,
    ("images", "tags"): lambda text: not text or _is_text_list(list(orjson.loads(text).values())),
    ("sources", "kind"): lambda value: value in _KINDS,
    ("sources", "imported_at"): _is_time,
    ("source_lines", "content"): _is_content,
    ("findings", "severity"): Severity,
    ("models", "info"): _is_info,
    ("models", "spec"): _is_spec,
    ("models", "added_at"): _is_time,
    ("predictions", "content"): _is_content,
    ("decisions", "verdict"): Verdict,
    ("decisions", "content"): _is_content,
    ("decisions", "overlays"): _are_texts,
    ("decisions", "decided_at"): _is_time,
    ("decisions", "provenance"): _is_json_object,
    ("decisions", "region"): lambda text: region_from_plain(orjson.loads(text)),
    ("projects", "overlap"): lambda value: value >= 1,
    ("projects", "withheld_share"): lambda value: 0 <= value <= 1,
    ("class_edits", "kind"): lambda value: value in CLASS_EDIT_KINDS,
    ("class_edits", "payload"): _is_json_object,
    ("class_edits", "edited_at"): _is_time,
}
"""(table, column) -> what raises or returns False for values that Relook never writes there."""
