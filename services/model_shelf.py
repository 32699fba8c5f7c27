"""Loaded models, kept while they are used: loading takes seconds, and a model is shared by all screens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING

from domain.model_spec import ModelSpec
from services.endpoint_wire import AzureWire
from services.slow_imports import importing_torch

if TYPE_CHECKING:
    from predictors import Predictor

_ROOM = 4
"""Models held at once; the one used longest ago makes room."""


class ModelShelf:
    """Predictors by what a person typed to load them, and by the state of the files that names."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Predictor] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, spec: ModelSpec) -> bool:
        """Whether `take` would answer at once."""
        return _key(spec) in self._held

    def take(self, spec: ModelSpec) -> Predictor:
        """Return the model `spec` names, loading it when it is not on the shelf.

        Raises:
            ModelError: It cannot be loaded.
        """
        key = _key(spec)
        with self._lock:
            if key not in self._held:
                with importing_torch:
                    from predictors import load_predictor  # noqa: PLC0415
                    from predictors.azure_endpoint import EndpointModel  # noqa: PLC0415

                EndpointModel.wire = AzureWire()  # models and formats do not know each other: here they meet
                self._held[key] = load_predictor(spec)
            self._held.move_to_end(key)
            while len(self._held) > _ROOM:
                self._held.popitem(last=False)
            return self._held[key]


def _key(spec: ModelSpec) -> Hashable:
    """A checkpoint that was written anew under its old name is another model, be it a file or a folder."""
    return (spec, *(_stamp(file) for file in (spec.architecture, spec.weights, spec.classes)))


def _stamp(file: str) -> Hashable:
    try:
        path = Path(file).expanduser()
        files = sorted(path.iterdir()) if file and path.is_dir() else [path]
        states = [each.stat() for each in files]
    except (OSError, ValueError, RuntimeError):  # no file, but a name of torchvision's own
        return None
    return tuple((state.st_size, state.st_mtime_ns) for state in states)
