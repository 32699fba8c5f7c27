"""How much of the evidence of a map lies inside an object."""

from __future__ import annotations

from domain.explanation import Explanation
from domain.prediction import Instance
from metrics.localisation import energy_inside


def evidence_inside(explanation: Explanation, instance: Instance) -> float | None:
    """Return the share of the positive evidence that lies inside an object; None without positive evidence."""
    return energy_inside(explanation.heatmap, explanation.region, instance)
