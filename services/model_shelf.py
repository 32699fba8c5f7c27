"""Loaded models, kept while they are used: loading takes seconds, and a model is shared by all screens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from domain.model_spec import ModelSpec
from services.slow_imports import importing_torch

if TYPE_CHECKING:
    from predictors import Predictor

_ROOM = 4
"""Models held at once; the one used longest ago makes room."""


class ModelShelf:
    """Predictors by what a person typed to load them."""

    def __init__(self) -> None:
        self._held: OrderedDict[ModelSpec, Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, spec: ModelSpec) -> bool:
        """Whether `take` would answer at once."""
        return spec in self._held

    def take(self, spec: ModelSpec) -> Predictor:
        """Return the model `spec` names, loading it when it is not on the shelf.

        Raises:
            ModelError: It cannot be loaded.
        """
        with self._lock:
            if spec not in self._held:
                with importing_torch:
                    from predictors import load_predictor  # noqa: PLC0415

                self._held[spec] = load_predictor(spec)
            self._held.move_to_end(spec)
            while len(self._held) > _ROOM:
                self._held.popitem(last=False)
            return self._held[spec]
