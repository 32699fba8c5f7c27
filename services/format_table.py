"""What every format holds and loses, as tables for the docs and the command line: read from the classes."""

from __future__ import annotations

from domain.prediction import Task
from formats.base import Format, Role
from services.recognising import list_formats

_TASKS = {
    Task.CLASSIFICATION: "multi-class",
    Task.MULTILABEL: "multi-label",
    Task.DETECTION: "detection",
    Task.SEGMENTATION: "segmentation",
}


def describe(cls: type[Format]) -> tuple[str, str, str, str]:
    """Name, what it holds, in which directions, and for which tasks."""
    holds = " and ".join(f"{role}s" for role in sorted(cls.roles, key=list(Role).index))
    directions = "read, write" if cls.can_write else "read"
    tasks = "all" if len(cls.tasks) == len(Task) else ", ".join(_TASKS[task] for task in Task if task in cls.tasks)
    return cls.name, holds, directions, tasks


def render_table() -> str:
    """A Markdown table of all formats."""
    head = "| Format | Name | Holds | Direction | Tasks | Needs | Examples |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(_row(cls) for cls in list_formats())


def render_losses() -> str:
    """A Markdown section per format with what writing it loses."""
    return "".join(_section(cls) for cls in list_formats() if cls.can_write)


def render_document() -> str:
    """The page docs/formats.md."""
    return f"{_HEAD}\n{render_table()}\n{_MIDDLE}\n{render_losses()}"


_HEAD = """# Formats

What Relook reads and writes, printed by `python -m cli formats --markdown`: these are the facts on the classes in
`formats/`. Every file in the last column is written and read back by the tests.

- **Needs image sizes**: its coordinates are pixels. Where the source does not say how large the pictures are, name
  their folder with `--images`.
- **Upright**: its tools turn pictures by their EXIF tag before they show them. Content is turned on the way in and out;
  without the image folder nothing is turned, and the report says so.
"""

_MIDDLE = """## What writing a format loses

Every loss of a conversion or export is counted, shown with examples and listed image by image in NAME.images.csv. What
is written is read back and compared with what was meant. In Azure's own format lines nobody changed are copied
character for character.
"""


def _row(cls: type[Format]) -> str:
    name, holds, directions, tasks = describe(cls)
    golden = f"[golden files](../tests/formats/golden/{name})"
    return f"| {cls.title} | `{name}` | {holds} | {directions} | {tasks} | {_needs(cls)} | {golden} |\n"


def _needs(cls: type[Format]) -> str:
    parts = (
        (bool(cls.needs_size_for), "image sizes"),
        (cls.needs_classes, "class names"),
        (cls.is_upright, "orientation: upright"),
    )
    return ", ".join(words for is_needed, words in parts if is_needed) or "–"


def _section(cls: type[Format]) -> str:
    losses = "".join(f"- {loss}: {words}\n" for loss, words in cls.losses.items())
    return f"### {cls.title} (`{cls.name}`)\n\n{losses or '- Nothing.'}\n"
