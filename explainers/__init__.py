"""Explanation methods, one module each. One line per method."""

from __future__ import annotations

from explainers.base import EXPLAINERS, Explainer

__all__ = ["EXPLAINERS", "Explainer"]
