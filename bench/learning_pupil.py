"""A classifier that learns from pictures held in memory: what the learning benchmark repeats."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.checkpoint import load_checkpoint
from training.examples import Examples
from training.fine_tune import fine_tune
from training.layers import refit_head
from training.recipe import Recipe
from training.views import Views

if TYPE_CHECKING:
    from predictors.classifier import Classifier

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CHOOSE_SHARE = 0.15
_AT_ONCE = 32


class Pupil:
    """A parent, and the pictures it learns from."""

    def __init__(
        self, parent: Classifier, pictures: NDArray[np.uint8], classes: Sequence[str], recipe: Recipe, *, folder: Path
    ) -> None:
        """Teach `parent` the `classes` of `pictures`, (N, h, w, 3) as it sees them; `folder` is for its weights."""
        self._parent, self._classes, self._recipe, self._folder = parent, tuple(classes), recipe, folder
        own = parent.preprocessing
        self._views = Views(pictures, own.mean, own.std, torch.device("cpu"))

    def learn(self, places: Ints, labels: Ints, *, seed: int) -> nn.Module:
        """Return the network after it learned from some pictures; every seventh or so of them chooses the epoch.

        Args:
            places: Of the pictures.
            labels: (N,) of all pictures; only those of `places` are looked at.
            seed: Of the division, the head and the order.
        """
        order = np.random.default_rng([seed, 9]).permutation(places)
        choose = order[: round(CHOOSE_SHARE * len(order))]
        names = (self._parent.info.classes, self._classes)
        for file in self._folder.glob("*"):
            file.unlink()
        learned = fine_tune(
            self._parent.module,
            Examples(self._views, labels, np.ones(len(labels), bool), order[len(choose) :], choose),
            replace(self._recipe, seed=seed),
            classes=names,
            folder=self._folder,
            metadata={},
        )
        network = deepcopy(self._parent.module)
        refit_head(network, *names)
        load_checkpoint(network, learned.weights)
        return network.eval()

    @torch.inference_mode()
    def predict(self, network: nn.Module, places: Ints) -> Floats:
        """(N, C) probabilities of some pictures."""
        batches = np.array_split(places, range(_AT_ONCE, len(places), _AT_ONCE))
        logits = torch.cat([network(self._views.plain(batch)) for batch in batches])
        return logits.softmax(dim=1).double().numpy()
