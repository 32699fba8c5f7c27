"""The formats as menus show them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.prediction import Task
from formats import FORMATS, Format
from formats.base import Role
from services.export_lines import AZURE_JSONL
from services.recognising import list_formats

CONTENTS = {
    "Labels": frozenset({Role.LABEL}),
    "Predictions": frozenset({Role.PREDICTION}),
    "Labels and predictions": frozenset(Role),
}
"""What of a project can be written -> the roles of its records."""


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """A format in a menu.

    Attributes:
        name: What people type.
        title: What people see.
        summary: What it is made of, in a few words.
        suffix: Of its files; empty for a folder.
        needs_classes: It holds class numbers only: a person has to name the classes.
        holds: "labels", "predictions", or both.
        contents: What of a project can be written, the usual first; some of `CONTENTS`.
        unit: What its records are called: "line", "image", "record".
    """

    name: str
    title: str
    summary: str
    suffix: str
    needs_classes: bool
    holds: str
    contents: tuple[str, ...]
    unit: str


def choices_for_export(task: Task) -> list[FormatChoice]:
    """The formats that can hold the content of a project: those of labels first, Azure's own before all others."""
    fitting = [cls for cls in list_formats(writable=True) if task in cls.tasks]
    ordered = sorted(fitting, key=lambda cls: (cls.name != AZURE_JSONL, Role.LABEL not in cls.roles))
    return [_choice(cls) for cls in ordered]


def choices_for_import() -> list[FormatChoice]:
    """Every format, in the order of their titles."""
    return [_choice(cls) for cls in list_formats()]


def find_choice(name: str) -> FormatChoice:
    """One format.

    Raises:
        UnknownNameError: There is no such format.
    """
    return _choice(FORMATS[name])


def _choice(cls: type[Format]) -> FormatChoice:
    holds = " and ".join(f"{role}s" for role in Role if role in cls.roles)
    contents = _contents(cls)
    unit = "record" if cls.unit == "line" and cls.suffix != ".jsonl" else cls.unit
    return FormatChoice(cls.name, cls.title, cls.summary, cls.suffix, cls.needs_classes, holds, contents, unit)


def _contents(cls: type[Format]) -> tuple[str, ...]:
    fitting = [name for name, roles in CONTENTS.items() if roles <= cls.roles]
    return tuple(sorted(fitting, key=lambda name: (len(CONTENTS[name]) > 1) != cls.pairs))
