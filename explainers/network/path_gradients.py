"""Integrated gradients along straight paths from baselines to a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from domain.progress import Report, ignore_progress
from explainers.base import GivesGradients
from explainers.network.chunks import is_out_of_memory, run_in_chunks
from explainers.network.hooks import borrowed
from explainers.network.precision import Precision, gradient_network_in, why_not_fast
from explainers.network.quadrature import Quadrature
from explainers.network.shared_error import PROBES, choose_probes, shared_error

AT_ONCE = {"cpu": 8, "cuda": 64}
"""Points that go through a network together, as long as what they leave in memory stays within `GRAPH_BYTES`.

On a CPU, 16 took a quarter longer with ConvNeXt and Swin: buffers above 32 MB go back to the system each time. With
ResNet-50 and two threads 8 were the fastest of 4 to 32; with one thread 16 would be, at twice the memory.
"""
AT_ONCE_IN_BFLOAT16 = 16
"""On a CPU: numbers take half the memory there."""
GRAPH_BYTES = 1.4e9
NO_TWIN = "This network does not compute in bfloat16: the map is the exact one."


@dataclass(frozen=True, slots=True)
class PathIntegral:
    """Integrated gradients of one class, averaged over the baselines.

    Attributes:
        attribution: (3, h, w) float32, signed; sums to the change of the logit, but for `gap`.
        gap: How much of that change the sum misses, as a share of it; averaged over the baselines by size.
        forward_passes: Pictures pushed through the network; those of several classes are counted with the first.
        backward_passes: Points whose gradient was computed.
        warnings: What a reader should know, full sentences.
    """

    attribution: Tensor
    gap: float
    forward_passes: int
    backward_passes: int
    warnings: tuple[str, ...] = ()


def count_passes(rule: Quadrature, baselines: int, *, is_fast: bool = False) -> tuple[int, int]:
    """Return the forward and backward passes of one class: the logits at the ends of all paths need no gradient."""
    points = len(_list_points(rule, baselines)) + PROBES * is_fast
    return points + baselines + 1, points


def integrate_gradients(
    model: GivesGradients,
    picture: Tensor,
    baselines: Tensor,
    *,
    classes: Sequence[int],
    rule: Quadrature,
    precision: str = Precision.EXACT,
    layout: torch.memory_format = torch.contiguous_format,
    report: Report = ignore_progress,
) -> list[PathIntegral]:
    """Integrate the gradients of logits along each straight path (Sundararajan et al., ICML 2017).

    All classes share the forward passes. Memory does not depend on the number of points. When the gradients are those
    of a network in bfloat16, what they miss at all points alike is made good by the exact ones at two of them.

    Args:
        model: Its lock is held for each chunk, not for the whole run.
        picture: (1, 3, h, w), ready for the network.
        baselines: (B, 3, h, w), ready for the network.
        classes: Positions among the network's outputs.
        rule: Of integration.
        precision: A `Precision`.
        layout: Of pictures on a CPU. With channels last convolutions are up to a third faster, but they round
            otherwise: near a tie a ReLU or a max pooling goes the other way, and pixels differ from those of other
            tools by some percent of the largest one. In double precision they lie about as far from either.
        report: Told the points done, and all of them.
    """
    with borrowed(model, model.module) as exact:
        network = gradient_network_in(precision, exact, picture)
        ends = _look_at_ends(exact, picture, baselines, torch.channels_last if network is not exact else layout)
    is_fast = network is not exact
    refused = (NO_TWIN,) if precision == Precision.FAST and not is_fast else ()
    points = _Points.of(rule, baselines, picture)
    probes = choose_probes(len(points)) if is_fast else []
    total = len(points) + len(probes)
    report(0, total)
    add_up = partial(_sum_gradients, model, classes=classes, layout=ends.layout)
    at_once = _chunk_size(picture, ends, is_fast=is_fast)
    sums, notes = add_up(network, points.watching(probes), at_once, report=lambda done: report(done, total))
    if probes:
        at_once = min(len(probes), _chunk_size(picture, ends, is_fast=False))
        right, more = add_up(exact, points.pick(probes), at_once, report=lambda done: report(len(points) + done, total))
        sums, coarse = sums[:, : len(baselines)], sums[:, len(baselines) :]
        sums = sums + shared_error(*(right - coarse).unbind(dim=1))[:, None]
        notes = tuple(dict.fromkeys([*notes, *more]))
    attributions = points.rises * sums.unflatten(2, picture.shape[1:])
    changes = (ends.picture_logits - ends.baseline_logits)[:, list(classes)]
    forward, backward = count_passes(rule, len(baselines), is_fast=is_fast)
    return [
        PathIntegral(
            attribution=attributions[number].mean(dim=0),
            gap=_completeness_gap(attributions[number].sum(dim=(1, 2, 3)), changes[:, number]),
            forward_passes=forward if number == 0 else 0,
            backward_passes=backward,
            warnings=(*(why_not_fast(precision, model.module) or refused), *notes),
        )
        for number in range(len(classes))
    ]


def _list_points(rule: Quadrature, baselines: int) -> list[tuple[int, float, list[float]]]:
    """Return for each point its path, its place on it, and its weight in the sum of every path.

    Paths share their end, the picture.
    """
    points: list[tuple[int, float, list[float]]] = []
    shared = [0.0] * baselines
    for path in range(baselines):
        for place, weight in zip(rule.places, rule.weights, strict=True):
            if place == 1:
                shared[path] = weight
            else:
                points.append((path, place, [weight * (path == other) for other in range(baselines)]))
    return [*points, (0, 1.0, shared)] if any(shared) else points


@dataclass(frozen=True, slots=True)
class _Points:
    """Points on straight paths.

    Attributes:
        baselines: (B, 3, h, w), where the paths begin.
        rises: (B, 3, h, w), from there to the picture.
        paths: (P,) the path of each point.
        places: (P,) in [0, 1], where it lies.
        weights: (P, sums), what it counts in the sum of each path, and in others where there are any.
    """

    baselines: Tensor
    rises: Tensor
    paths: Tensor
    places: Tensor
    weights: Tensor

    @classmethod
    def of(cls, rule: Quadrature, baselines: Tensor, picture: Tensor) -> _Points:
        paths, places, weights = zip(*_list_points(rule, len(baselines)), strict=True)
        return cls(
            baselines,
            picture - baselines,
            torch.tensor(paths, device=picture.device),
            picture.new_tensor(places),
            picture.new_tensor(weights),
        )

    def __len__(self) -> int:
        return len(self.places)

    def watching(self, numbers: list[int]) -> _Points:
        """Return the same points with the weights of further sums, in each of which one of the points counts alone."""
        alone = torch.eye(len(self), device=self.weights.device)[:, numbers]
        return replace(self, weights=torch.cat([self.weights, alone.to(self.weights)], dim=1))

    def pick(self, numbers: list[int]) -> _Points:
        """Return some of the points, each with a sum of its own."""
        alone = torch.eye(len(numbers)).to(self.weights)
        return replace(self, paths=self.paths[numbers], places=self.places[numbers], weights=alone)

    def at(self, part: slice, layout: torch.memory_format) -> Tensor:
        """Return (n, 3, h, w) some of the points."""
        paths, places = self.paths[part], self.places[part, None, None, None]
        return (self.baselines[paths] + places * self.rises[paths]).contiguous(memory_format=layout)


def _sum_gradients(
    model: GivesGradients,
    network: nn.Module,
    points: _Points,
    at_once: int,
    *,
    classes: Sequence[int],
    layout: torch.memory_format,
    report: Callable[[int], None],
) -> tuple[Tensor, tuple[str, ...]]:
    """Return (classes, sums, 3 * h * w) sums of the gradients of a network, and what a reader should know."""
    sums = points.rises.new_zeros(len(classes), points.weights.shape[1], points.rises[0].numel())

    def differentiate(part: slice) -> None:
        with borrowed(model, network):
            found = _differentiate(network, points.at(part, layout), classes, points.weights[part])
        sums.add_(found)
        report(part.stop)

    return sums, run_in_chunks(len(points), at_once, differentiate)


def _differentiate(network: nn.Module, points: Tensor, classes: Sequence[int], weights: Tensor) -> Tensor:
    """Return (classes, B, 3 * h * w) sums of the points' gradients; the rows do not influence each other."""
    leaf = points.requires_grad_()
    logits = network(leaf.clone())  # a leaf cannot be changed in place, its copy can
    found: list[Tensor] = []
    for index in classes:
        keep = len(found) + 1 < len(classes)
        [gradient] = torch.autograd.grad(logits[:, index].float().sum(), [leaf], retain_graph=keep)
        found.append(weights.T @ gradient.contiguous().flatten(1))
    return torch.stack(found)


@dataclass(frozen=True, slots=True)
class _Ends:
    """What the network makes of the picture and the baselines.

    Attributes:
        picture_logits: (1, C).
        baseline_logits: (B, C).
        layout: In which it takes pictures.
        graph_bytes: What one picture leaves in memory for its backward pass.
    """

    picture_logits: Tensor
    baseline_logits: Tensor
    layout: torch.memory_format
    graph_bytes: int


def _look_at_ends(network: nn.Module, picture: Tensor, baselines: Tensor, layout: torch.memory_format) -> _Ends:
    """Push the ends through the network, exactly, whatever the precision of the rest."""
    taken, logits, graph_bytes = _look_at_picture(network, picture, layout)
    with torch.no_grad():
        rows = [network(row[None].contiguous(memory_format=taken)) for row in baselines]
    return _Ends(logits.float(), torch.cat(rows).float(), taken, graph_bytes)


def _look_at_picture(
    network: nn.Module, picture: Tensor, layout: torch.memory_format
) -> tuple[torch.memory_format, Tensor, int]:
    """Return the layout that the network takes, the picture's logits, and the bytes its graph holds.

    Some networks look at an activation as if it were laid out the usual way, and refuse any other.
    """
    if layout is not torch.contiguous_format and picture.device.type == "cpu":
        try:
            return layout, *_measure_graph(network, picture.contiguous(memory_format=layout))
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
    return torch.contiguous_format, *_measure_graph(network, picture)


def _measure_graph(network: nn.Module, picture: Tensor) -> tuple[Tensor, int]:
    """Return (1, C) logits and the bytes that a backward pass would need, the network's own left out."""
    own = {value.untyped_storage().data_ptr() for value in [*network.parameters(), *network.buffers()]}
    held: dict[int, torch.UntypedStorage] = {}  # kept until the end, lest memory be used and counted twice

    def hold(saved: Tensor) -> None:
        storage = saved.untyped_storage()
        held[storage.data_ptr()] = storage

    with torch.autograd.graph.saved_tensors_hooks(hold, _never_needed):
        logits = network(picture.detach().requires_grad_().clone()).detach()
    return logits, sum(storage.nbytes() for place, storage in held.items() if place not in own)


def _never_needed(_packed: object) -> Tensor:
    raise AssertionError("no backward pass follows")


def _chunk_size(picture: Tensor, ends: _Ends, *, is_fast: bool) -> int:
    """Return how many points go through the network at once: the same on every run, so that maps are."""
    at_once = AT_ONCE.get(picture.device.type, AT_ONCE["cpu"])
    if is_fast and picture.device.type == "cpu":
        at_once = AT_ONCE_IN_BFLOAT16
    return max(1, min(at_once, int(GRAPH_BYTES / max(ends.graph_bytes, 1))))


def _completeness_gap(sums: Tensor, changes: Tensor) -> float:
    size = float(changes.abs().sum())
    return float((sums - changes).abs().sum()) / size if size > 0 else 0.0
