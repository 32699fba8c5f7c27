"""Model runtimes, one module each. One line per runtime."""

from __future__ import annotations

from predictors.base import PREDICTORS, Predictor

__all__ = ["PREDICTORS", "Predictor"]
