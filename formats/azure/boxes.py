"""Reading one box: the four flat keys of a label (formats.md 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.geometry import Box
from formats.azure.numbers import read_number
from formats.azure.report import LineReport, shown

BOX_KEYS: tuple[str, ...] = ("topX", "topY", "bottomX", "bottomY")
_FOREIGN_KEYS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("x1", "y1", "x2", "y2"),
    ("bbox",),
    ("x", "y", "width", "height"),
    ("box",),
)


def read_box(source: Mapping[str, Any], index: int, report: LineReport) -> Box | None:
    """Read the box of object `index`, noting what is wrong; None when a number is missing."""
    missing = [key for key in BOX_KEYS if key not in source]
    if missing:
        message = f"The object has no {', '.join(missing)}; expected topX, topY, bottomX and bottomY."
        report.add("JL006", message, path=["label", index], annotation=index, remedy=_foreign_remedy(source))
        return None
    box = _read_numbers(source, index, report)
    if box is not None:
        _judge(box, index, report)
    return box


def _read_numbers(source: Mapping[str, Any], index: int, report: LineReport) -> Box | None:
    numbers: list[float] = []
    for key in BOX_KEYS:
        number = read_number(source[key])
        if number is None:
            message = f"{key} is {shown(source[key])}; expected a number from 0 to 1."
            remedy = "Write the coordinate as a fraction of the image's width or height."
            report.add("JL006", message, path=["label", index, key], annotation=index, remedy=remedy)
        else:
            numbers.append(number)
        if number is not None and isinstance(source[key], str):
            report.remark("number as text", detail=shown(source[key]), path=["label", index, key], annotation=index)
    return Box(*numbers) if len(numbers) == 4 else None


def _judge(box: Box, index: int, report: LineReport) -> None:
    values = dict(zip(BOX_KEYS, box.as_tuple(), strict=True))
    outside = [key for key, value in values.items() if not 0 <= value <= 1]
    if outside:
        found = ", ".join(f"{key} {values[key]:g}" for key in outside)
        message = f"Outside the image: {found}; expected 0 to 1. Azure drops the object silently."
        remedy = pixel_remedy(max(values.values()), report) or "Move the box into the image."
        report.add("JL006", message, path=["label", index, outside[0]], annotation=index, remedy=remedy)
    for low, high in (("topX", "bottomX"), ("topY", "bottomY")):
        if values[low] >= values[high]:
            message = f"{low} {values[low]:g} is not below {high} {values[high]:g}. Azure drops the object silently."
            remedy = "Swap the two or draw the box again."
            report.add("JL007", message, path=["label", index, low], annotation=index, remedy=remedy)


def pixel_remedy(largest: float, report: LineReport) -> str:
    """What to do about coordinates that look like pixels; empty when they do not."""
    if largest <= 1.5:
        return ""
    width, height = report.size or ("", "")
    sides = f"width ({width}) and height ({height})" if report.size else "width and height"
    return f"Values above 1.5: pixel coordinates? Divide by the image's {sides}."


def _foreign_remedy(source: Mapping[str, Any]) -> str:
    for keys in _FOREIGN_KEYS:
        if all(key in source and source[key] != "null" for key in keys):
            return f"Convert {', '.join(keys)} to topX, topY, bottomX and bottomY as fractions of the image."
    return "Add them as fractions of the image's width and height."
