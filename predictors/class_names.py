"""Names for the outputs of a network: from a file, from the weights, or numbered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain.errors import ModelError

_MAX_BYTES = 16 * 1024**2
_LIST_KEYS = ("labels", "classes", "names", "categories", "id2label")
_BACKGROUND = {"background", "__background__", "_background_"}
_UNUSED = "N/A"
_REMEDY = "Write a name a line, or a JSON list of names, in the order of the network's outputs."


def read_class_names(path: Path) -> tuple[str, ...]:
    """Read class names in output order.

    Args:
        path: A text file (a name a line) or a `.json` file: a list, a dictionary index -> name or name -> index, or a
            dictionary that holds one of these under "labels", "classes", "names", "categories" or "id2label".

    Raises:
        ModelError: The file cannot be read, or a name is empty or there twice; the message names the line.
    """
    where = str(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelError("The file is too large for a list of class names.", where=where, remedy=_REMEDY)
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelError(f"The class names cannot be read: {reason}.", where=where, remedy="Check the path.") from error
    except UnicodeDecodeError as error:
        raise ModelError("The class names are not UTF-8 text.", where=where, remedy=_REMEDY) from error
    if path.suffix.lower() == ".json":
        return parse_class_json(text, where=where)
    return _check_names(text.rstrip().splitlines(), where=where, unit="line")


def parse_class_json(text: str, *, where: str) -> tuple[str, ...]:
    """Parse the JSON forms of `read_class_names`.

    Raises:
        ModelError: It is no JSON, or not one of the forms.
    """
    try:
        value = json.loads(text, object_pairs_hook=_refuse_repeated_keys)
    except RecursionError as error:
        raise ModelError("The JSON is nested too deeply.", where=where, remedy=_REMEDY) from error
    except ValueError as error:
        raise ModelError(f"The class names are not JSON: {error}.", where=where, remedy=_REMEDY) from error
    if isinstance(value, dict):
        value = next((value[key] for key in _LIST_KEYS if isinstance(value.get(key), list | dict)), value)
    if isinstance(value, dict):
        value = _order_by_index(value, where)
    if not isinstance(value, list):
        raise ModelError(f"The JSON holds one {type(value).__name__}.", where=where, remedy=_REMEDY)
    return _check_names(value, where=where, unit="entry")


def number_classes(indices: Sequence[int]) -> dict[int, str]:
    """Name outputs by their number, where nothing else is known."""
    return {index: f"class {index}" for index in indices}


def name_outputs(names: Sequence[str], class_count: int, *, where: str) -> dict[int, str]:
    """Pair the outputs of a classifier with names.

    Raises:
        ModelError: There are more or fewer names than outputs.
    """
    if len(names) != class_count:
        raise _count_mismatch(len(names), f"{class_count} outputs", where)
    return dict(enumerate(names))


def name_object_outputs(
    names: Sequence[str], class_count: int | None, *, uses_output_0: bool, where: str
) -> dict[int, str]:
    """Pair the outputs of a detector with names; output 0 is the background unless a name says otherwise.

    Args:
        names: With or without a first name for the background; "N/A" marks an output that was never trained.
        class_count: Outputs of the network, the background included; None when only the names can tell.
        uses_output_0: Whether the network has no background output, so that `class_count` names are possible.
        where: Where the names come from.

    Raises:
        ModelError: There are more or fewer names than outputs.
    """
    has_background = bool(names) and names[0].lower() in _BACKGROUND
    if class_count is None:
        class_count = len(names) + (0 if has_background else 1)
    if len(names) == class_count - 1 and not has_background:
        return dict(enumerate(names, start=1))
    if len(names) == class_count and (has_background or uses_output_0):
        return {
            index: name for index, name in enumerate(names) if name != _UNUSED and not (index == 0 and has_background)
        }
    raise _count_mismatch(len(names), f"{class_count} outputs, the background included", where)


def _count_mismatch(names: int, outputs: str, where: str) -> ModelError:
    return ModelError(
        f"There are {names} class names, but the network has {outputs}.",
        where=where,
        remedy="Give the names the network was trained with, in their order.",
    )


def _order_by_index(entries: Mapping[str, Any], where: str) -> list[Any]:
    if entries and all(isinstance(value, int) and not isinstance(value, bool) for value in entries.values()):
        by_index: dict[Any, Any] = {index: name for name, index in entries.items()}
    else:
        by_index = {int(key) if key.isdecimal() else key: name for key, name in entries.items()}
    if len(by_index) != len(entries) or set(by_index) != set(range(len(entries))):
        raise ModelError(
            f"The indices of the class names are not 0 to {len(entries) - 1} without gaps.", where=where, remedy=_REMEDY
        )
    return [by_index[index] for index in range(len(by_index))]


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key '{key}' is there twice")
        found[key] = value
    return found


def _check_names(names: Sequence[Any], *, where: str, unit: str) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    if not names:
        raise ModelError("There are no class names in the file.", where=where, remedy=_REMEDY)
    for number, entry in enumerate(names, start=1):
        if not isinstance(entry, str) or not entry.strip():
            raise ModelError(f"The class name in {unit} {number} is empty or no text.", where=where, remedy=_REMEDY)
        name = entry.strip()
        if name in seen:
            raise ModelError(
                f"The class name '{name}' in {unit} {number} repeats {unit} {seen[name]}.",
                where=where,
                remedy="Give every output a name of its own.",
            )
        seen[name] = number
    return tuple(seen)
