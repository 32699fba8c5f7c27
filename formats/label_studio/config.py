"""The label configuration that a project needs to show what Relook writes."""

from __future__ import annotations

from collections.abc import Iterable

from domain.prediction import Task
from formats.base.characters import NOT_IN_XML, clean
from formats.base.xml_document import escape

BOXES = "label"
OUTLINES = "polygon"
CHOICES = "choice"
PICTURE = "image"


def render_config(task: Task, classes: Iterable[str]) -> str:
    """XML for the field "Labeling interface", code view."""
    names = [escape(clean(name, NOT_IN_XML)) for name in classes]
    lines = ["<View>", f'  <Image name="{PICTURE}" value="${PICTURE}"/>']
    if not task.has_objects:
        several = "multiple" if task is Task.MULTILABEL else "single"
        lines += [f'  <Choices name="{CHOICES}" toName="{PICTURE}" choice="{several}">']
        lines += [f'    <Choice value="{name}"/>' for name in names]
        lines += ["  </Choices>"]
    if task is Task.SEGMENTATION:
        lines += _labels("PolygonLabels", OUTLINES, names)
    if task.has_objects:
        lines += _labels("RectangleLabels", BOXES, names)
    return "\n".join([*lines, "</View>", ""])


def _labels(tag: str, name: str, classes: list[str]) -> list[str]:
    members = [f'    <Label value="{each}"/>' for each in classes]
    return [f'  <{tag} name="{name}" toName="{PICTURE}">', *members, f"  </{tag}>"]
