"""What goes into a learning network: pictures varied anew each time, or what its frozen part made of some of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.views import Views

Places = NDArray[np.int64]

VIEWS = 6
"""Varied views of each picture that are kept where only the last layer learns."""


class Feed(Protocol):
    """Inputs of the part that learns.

    Attributes:
        module: The part that learns, or all of the network.
    """

    module: nn.Module

    def varied(self, places: Places, rng: np.random.Generator) -> Tensor: ...

    def plain(self, places: Places) -> Tensor: ...


class FreshViews:
    """Every picture varied anew each time."""

    def __init__(self, network: nn.Module, views: Views) -> None:
        self.module, self._views = network, views

    def varied(self, places: Places, rng: np.random.Generator) -> Tensor:
        return self._views.varied(places, rng)[0]

    def plain(self, places: Places) -> Tensor:
        return self._views.plain(places)


@dataclass(frozen=True, slots=True)
class Features:
    """What the frozen part of a network made of pictures, by their places; trainings of the same network share it.

    Attributes:
        varied: Place -> (VIEWS, D...) of as many varied views.
        plain: Place -> (D...) of the picture as it is.
    """

    varied: dict[int, Tensor] = field(default_factory=dict)
    plain: dict[int, Tensor] = field(default_factory=dict)

    def count_missing(self, learn: Places, choose: Places) -> int:
        """Pictures that still have to go through the network."""
        without = sum(int(place) not in self.varied for place in learn)
        return VIEWS * without + sum(int(place) not in self.plain for place in choose)


class KeptFeatures:
    """What comes into the last layer, computed once for a few views of each picture: the rest is frozen."""

    def __init__(self, tail: nn.Module, features: Features) -> None:
        self.module, self._features = tail, features

    def varied(self, places: Places, rng: np.random.Generator) -> Tensor:
        return torch.stack([self._features.varied[int(place)][int(rng.integers(VIEWS))] for place in places])

    def plain(self, places: Places) -> Tensor:
        return torch.stack([self._features.plain[int(place)] for place in places])


class Eyes:
    """The frozen part of a network."""

    def __init__(self, network: nn.Module, tail: nn.Module, views: Views) -> None:
        """Look with `network`, in evaluation mode, up to `tail`; see `training.layers.find_tail`."""
        self._network, self._tail, self._views = network, tail, views

    @torch.no_grad()
    def fill(
        self, features: Features, learn: Places, choose: Places, *, seed: int, told: Callable[[int], None]
    ) -> None:
        """Add what is missing: varied views of the pictures to learn from, the others as they are.

        What a picture gives depends on its place and the seed alone.
        """
        seen: list[Tensor] = []

        def note(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            seen.append(given[0].detach())

        hook = self._tail.register_forward_pre_hook(note)
        try:
            for place in (int(each) for each in learn if int(each) not in features.varied):
                rng = np.random.default_rng([seed, 1, place])
                self._network(self._views.varied([place] * VIEWS, rng)[0])
                features.varied[place] = seen.pop()
                told(VIEWS)
            for place in (int(each) for each in choose if int(each) not in features.plain):
                self._network(self._views.plain([place]))
                features.plain[place] = seen.pop()[0]
                told(1)
        finally:
            hook.remove()
