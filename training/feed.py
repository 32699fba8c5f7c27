"""What goes into a learning network: pictures varied anew each time, or what its frozen part made of some of them."""

from __future__ import annotations

from collections.abc import Callable
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


class KeptFeatures:
    """What comes into the last layer, computed once for a few views of each picture: the rest is frozen."""

    def __init__(self, tail: nn.Module, plain: dict[int, Tensor], varied: dict[int, Tensor]) -> None:
        """Take over (D...) of each plain picture and (VIEWS, D...) of each varied one, by place."""
        self.module, self._plain, self._varied = tail, plain, varied

    def varied(self, places: Places, rng: np.random.Generator) -> Tensor:
        return torch.stack([self._varied[int(place)][int(rng.integers(VIEWS))] for place in places])

    def plain(self, places: Places) -> Tensor:
        return torch.stack([self._plain[int(place)] for place in places])


def count_passes(learn: Places, choose: Places) -> int:
    """Pictures that `keep_features` pushes through the network."""
    return len(learn) * VIEWS + len(choose)


@torch.no_grad()
def keep_features(
    network: nn.Module,
    tail: nn.Module,
    views: Views,
    parts: tuple[Places, Places],
    *,
    seed: int,
    told: Callable[[int], None],
) -> KeptFeatures:
    """Push all pictures through the frozen part.

    Args:
        network: In evaluation mode.
        tail: See `training.layers.find_tail`.
        views: The pictures.
        parts: Those to learn from, in varied views, and those that choose the epoch, as they are.
        seed: Of the variation.
        told: Told how many more pictures are done.
    """
    seen: list[Tensor] = []

    def note(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen.append(given[0].detach())

    hook = tail.register_forward_pre_hook(note)
    varied: dict[int, Tensor] = {}
    plain: dict[int, Tensor] = {}
    try:
        for place in map(int, parts[0]):
            network(views.varied([place] * VIEWS, np.random.default_rng([seed, 1, place]))[0])
            varied[place] = seen.pop()
            told(VIEWS)
        for place in map(int, parts[1]):
            network(views.plain([place]))
            plain[place] = seen.pop()[0]
            told(1)
    finally:
        hook.remove()
    return KeptFeatures(tail, plain, varied)
