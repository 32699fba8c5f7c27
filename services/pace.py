"""How long one pass through a model takes on this machine: what estimates are made of."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from domain.explanation import Explanation

if TYPE_CHECKING:
    from predictors import Predictor

_SIZE = (480, 640, 3)
_TOGETHER = 2
_ENOUGH = 20
"""Passes from which the time of a map says more about the model than about everything around it."""

_paces: dict[str, float] = {}


def find_pace(model_id: str) -> float | None:
    """Seconds of a forward pass of one picture; None before it was measured."""
    return _paces.get(model_id)


def measure_pace(predictor: Predictor) -> float:
    """Predict a picture of noise and keep how long that took; once warm, since the first time takes longer."""
    picture = np.random.default_rng(0).integers(0, 256, _SIZE, dtype=np.uint8)
    predictor.predict([picture])
    started = time.perf_counter()
    predictor.predict([picture] * _TOGETHER)
    pace = (time.perf_counter() - started) / _TOGETHER
    _paces.setdefault(predictor.info.model_id, pace)
    return _paces[predictor.info.model_id]


def learn_pace(explanation: Explanation, *, pass_cost: float = 1.0) -> None:
    """Take over the pace of a map that took many passes: it was measured at work.

    Args:
        explanation: The map.
        pass_cost: What one of its passes costs where one of the model's own costs 1.
    """
    passes = (explanation.forward_passes + 2 * explanation.backward_passes) * pass_cost
    if passes >= _ENOUGH and explanation.seconds > 0:
        _paces[explanation.model_id] = explanation.seconds / passes
