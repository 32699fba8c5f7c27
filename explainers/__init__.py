"""Explanation methods, one module each. One line per method."""

from __future__ import annotations

from explainers.base import EXPLAINERS, Explainer
from explainers.gradcam import GradCAM
from explainers.lime import LIME
from explainers.xrai import XRAI

__all__ = ["EXPLAINERS", "Explainer"]

EXPLAINERS.register("gradcam", GradCAM)
EXPLAINERS.register("lime", LIME)
EXPLAINERS.register("xrai", XRAI)
