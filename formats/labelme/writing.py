"""Rendering the JSON document of one image, as labelme 5 writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from domain.prediction import Instance, Instances, Labels
from formats.base import Record
from formats.base.characters import NOT_IN_JSON, clean
from formats.base.pixels import points_in_pixels

_VERSION = "5.5.0"


def image_path(image: str, folder: str) -> str:
    """How the document in `folder` names an image: relative to the folder where it can be, else whole.

    Args:
        image: Path or address of the image.
        folder: Of the document, relative to the root; "." for the root.
    """
    return image.removeprefix(f"{folder}/")


def render(record: Record, path: str, classes: Sequence[str]) -> dict[str, Any]:
    """The document of a fitted record.

    Args:
        record: With its size.
        path: What goes into imagePath.
        classes: Written as flags, false for those the image does not have.
    """
    width, height = record.size or (0, 0)
    content = record.content
    flags = {clean(name, NOT_IN_JSON): False for name in classes}
    flags |= dict.fromkeys(content.scores, True) if isinstance(content, Labels) else {}
    shapes = list(_render_shapes(content, (width, height))) if isinstance(content, Instances) else []
    return {
        "version": _VERSION,
        "flags": flags,
        "shapes": shapes,
        "imagePath": path,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def _render_shapes(content: Instances, size: tuple[int, int]) -> Iterator[dict[str, Any]]:
    group = 0
    for item in content.items:
        if not item.polygons:
            yield _shape(item, "rectangle", points_in_pixels(item.box.as_tuple(), size), None)
            continue
        group += len(item.polygons) > 1
        for ring in item.polygons:
            yield _shape(item, "polygon", points_in_pixels(ring, size), group if len(item.polygons) > 1 else None)


def _shape(item: Instance, kind: str, points: list[tuple[float, float]], group: int | None) -> dict[str, Any]:
    return {
        "label": item.label,
        "points": points,
        "group_id": group,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": None,
    }
