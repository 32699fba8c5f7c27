"""Reading the class names of a whole image: one, or a list of them (formats.md 1.2 and 1.3)."""

from __future__ import annotations

from typing import Any

from domain.prediction import Labels
from formats.azure.objects import read_class_name
from formats.azure.report import LineReport, shown

_EXPECTED_ONE = "expected one class name as text (a whole number is taken too)"
_EXPECTED_MANY = "expected a list of class names"


def read_class(label: Any, report: LineReport) -> Labels | None:
    """The one class of an image (multi-class)."""
    name = read_class_name(label)
    if name is not None:
        return Labels({name: 1.0})
    remedy = "Write the one class of this image, or choose multi-label classification."
    report.add("JL005", f"label is {shown(label)}; {_EXPECTED_ONE}.", path=["label"], remedy=remedy)
    return None


def read_classes(label: Any, report: LineReport) -> Labels | None:
    """All classes of an image (multi-label); an empty list means that none is present."""
    if not isinstance(label, list):
        remedy = "Put it into square brackets, or choose multi-class classification."
        report.add("JL005", f"label is {shown(label)}; {_EXPECTED_MANY}.", path=["label"], remedy=remedy)
        name = read_class_name(label)
        return None if name is None else Labels({name: 1.0})
    scores: dict[str, float] = {}
    for index, member in enumerate(label):
        name = read_class_name(member)
        if name is None:
            message = f"Class {index + 1} is {shown(member)}; expected text that is not empty, or a whole number."
            report.add("JL005", message, path=["label", index], remedy="Name the class or remove the entry.")
        elif name in scores:
            message = f"The class {shown(member)} stands twice; Azure counts it once."
            report.add("JL009", message, path=["label", index], remedy="Remove one of the two.")
        else:
            scores[name] = 1.0
    return Labels(scores)
