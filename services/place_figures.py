"""The figures of trust that ask where the evidence lies: titles, what chance would give, and a sentence each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.explanation import Explanation
from domain.prediction import Instance
from domain.trust import Figure
from metrics.localisation import (
    POINTING_TOLERANCE,
    area_inside,
    energy_in_others,
    energy_inside,
    energy_per_area,
    highest_point,
    points_at,
)
from metrics.reference_maps import centre_map
from services.trust_figures import exactly, percent

_CENTRE = centre_map((56, 56)).astype(np.float32)
_EVEN = np.ones_like(_CENTRE)


def place_figures(
    explanation: Explanation, own: Instance, others: Sequence[Instance], *, size: tuple[int, int]
) -> list[Figure]:
    """Measure how much of the evidence lies inside the object and on others, and where the highest point is.

    Nothing is estimated here: n is 1. Random maps are taken to be even.

    Args:
        explanation: The map.
        own: The object it is about, on the stored grid.
        others: Other objects of the image.
        size: (width, height) of the image, pixels.
    """
    figures = [*_energy(explanation, own), *_density(explanation, own)]
    figures += _energy_elsewhere(explanation, own, others) if others else []
    return [*figures, _pointing(explanation, own, size)] if figures else []


def _energy(explanation: Explanation, own: Instance) -> list[Figure]:
    inside = energy_inside(explanation.heatmap, explanation.region, own)
    if inside is None:
        return []
    area = area_inside(explanation.region, own)
    where = f"inside the object, which covers {percent(area)} of the map"
    return [
        Figure(
            "energy_inside",
            "Evidence inside the object",
            exactly(inside),
            f"{percent(inside)} of the positive evidence lies {where}.",
            random=area,
            centre=energy_inside(_CENTRE, explanation.region, own),
        )
    ]


def _density(explanation: Explanation, own: Instance) -> list[Figure]:
    dense = energy_per_area(explanation.heatmap, explanation.region, own)
    if dense is None:
        return []
    return [
        Figure(
            "energy_per_area",
            "Evidence per area",
            exactly(dense),
            f"The positive evidence is {dense:.1f} times as dense inside the object as on the whole map.",
            random=1.0,
            centre=energy_per_area(_CENTRE, explanation.region, own),
            scale=(0.0, max(4.0, dense)),
        )
    ]


def _energy_elsewhere(explanation: Explanation, own: Instance, others: Sequence[Instance]) -> list[Figure]:
    share, even, centre = (
        energy_in_others(heatmap, explanation.region, own, others) for heatmap in (explanation.heatmap, _EVEN, _CENTRE)
    )
    if share is None:
        return []
    return [
        Figure(
            "energy_in_others",
            "Evidence on other objects",
            exactly(share),
            f"Of the positive evidence on objects {percent(share)} lies on other ones (object discrimination index).",
            random=even,
            centre=centre,
            is_higher_better=False,
        )
    ]


def _pointing(explanation: Explanation, own: Instance, size: tuple[int, int]) -> Figure:
    region = explanation.region
    is_hit = points_at(highest_point(explanation.heatmap, region), [own], size=size)
    where = f"on the object, or at most {POINTING_TOLERANCE} pixels away" if is_hit else "beside the object"
    middle = ((region.x_min + region.x_max) / 2, (region.y_min + region.y_max) / 2)
    return Figure(
        "pointing",
        "Highest point on the object",
        exactly(float(is_hit)),
        f"The highest point of the map lies {where}.",
        random=area_inside(region, own),
        centre=float(points_at(middle, [own], size=size)),
    )
