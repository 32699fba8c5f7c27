"""Explanations as the map viewer takes them."""

from __future__ import annotations

from components.map_viewer import ViewerMap, ViewerTarget
from domain.explanation import Explanation
from domain.image import ImageRef
from domain.orientation import box_to_upright, segment_to_upright
from domain.prediction import Instance
from domain.project import Project
from services.evidence import evidence_inside
from services.map_values import render_map


def viewer_map(
    project: Project, image: ImageRef, found: Explanation, *, title: str, instance: Instance | None
) -> ViewerMap:
    """A map with its title, its target's shape, and how much of its evidence lies inside."""
    inside = evidence_inside(found, instance) if instance else None
    values = render_map(found, title=title, orientation=image.orientation, inside=inside)
    rows, columns = values["grid"]
    layer = f"layer {found.layer}, " if found.layer else ""
    return ViewerMap(
        key=found.method,
        title=title,
        detail=f"{layer}{columns} × {rows}, {found.target.label}",
        seconds=found.seconds,
        grid=values["grid"],
        values=values["values"],
        region=values["region"],
        regional=values["regional"],
        target=_viewer_target(project, found.target.label, instance, image.orientation),
        warnings=values["warnings"],
        inside=inside,
    )


def _viewer_target(project: Project, label: str, instance: Instance | None, orientation: int) -> ViewerTarget:
    return ViewerTarget(
        label=label,
        colour=project.colour_of(label),
        box=box_to_upright(instance.box, orientation).as_tuple() if instance else None,
        polygons=[segment_to_upright(ring, orientation) for ring in instance.polygons] if instance else None,
    )
