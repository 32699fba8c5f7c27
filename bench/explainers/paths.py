"""Integrated gradients beside captum, XRAI beside the saliency library, and both beside the passes they are made of."""

from __future__ import annotations

import itertools
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from scipy.stats import spearmanr
from torch import Tensor

from bench.explainers.cams import describe_seconds, likely_class, measure_memory
from bench.explainers.measure import Figure, Row, Setting, Timing, time_in_turns
from bench.explainers.peers import INSTALL, find_peer
from bench.explainers.ranking import measure_ranking
from bench.explainers.subjects import CLASSES, build_classifier, load_mobilenet, load_photos, read_photos
from domain.explanation import RGBImage, Target
from explainers.base import GivesGradients
from explainers.integrated_gradients import IntegratedGradients
from explainers.network.path_maps import PathExplainer
from explainers.xrai import XRAI

CHUNKS = (4, 8, 16, 32)
PEER_CHUNK = 8
ALLOWANCE = 0.5
"""Seconds that XRAI may take beyond its passes."""

Layouts = tuple[torch.memory_format, ...]


def measure_part(setting: Setting) -> Iterator[Row]:
    model = build_classifier(setting, "resnet18" if setting.is_quick else "resnet50")
    photos = load_photos(setting, 1 if setting.is_quick else 5)
    steps = 10 if setting.is_quick else 50
    yield from measure_integrated_gradients(model, photos, setting, steps=steps)
    yield from measure_ranking(setting)
    yield from measure_xrai(model, photos, setting, steps=steps)


def measure_integrated_gradients(
    model: GivesGradients, photos: list[RGBImage], setting: Setting, *, steps: int
) -> Iterator[Row]:
    """One picture and class, beside captum as it comes, captum in chunks, and the passes alone."""
    floor = Floor(model, photos[0], (torch.contiguous_format,), setting)
    method = IntegratedGradients(n_steps=steps)
    whole, chunked = (captum(model, floor.picture, floor.index, steps, chunk=chunk) for chunk in (None, PEER_CHUNK))
    timings = time_in_turns(
        {
            "floor": lambda: floor.run(steps),
            "captum": whole,
            f"captum by {PEER_CHUNK}": chunked,
            "Relook": lambda: explain(method, model, photos[0], floor.index),
            "fast": lambda: explain(replace(method, precision="fast"), model, photos[0], floor.index),
        },
        setting,
    )
    mine = timings["Relook"]
    work = f"Integrated gradients, {model.info.name}, {steps} steps"
    difference = (whole()[0].sum(dim=0) - explain(method, model, photos[0], floor.index)).abs().max()
    size = whole()[0].sum(dim=0).abs().max()
    yield Row(work, "largest relative difference to captum", Figure(float(difference / size)), at_most=1e-4)
    ratio = mine.ratio_to(timings["floor"])
    yield Row(work, f"times the floor of {steps} passes, {floor}", ratio, at_most=1.1, note=describe_seconds(timings))
    yield Row(work, "times as fast as captum", timings["captum"].ratio_to(mine), at_least=1.0)
    ratio = timings[f"captum by {PEER_CHUNK}"].ratio_to(mine)
    yield Row(work, f"times as fast as captum with internal_batch_size={PEER_CHUNK}", ratio)
    yield from compare_precisions(work, method, model, photos, timings)
    yield compare_trained(method, setting, count=len(photos))
    for name, steps_taken in (("", steps), (" and four times the steps", 4 * steps)):
        longer = replace(method, n_steps=steps_taken)
        megabytes = measure_memory(lambda longer=longer: explain(longer, model, photos[0], floor.index), setting)
        yield Row(work, f"MB at most above the model{name}", megabytes, at_most=2000)


def measure_xrai(model: GivesGradients, photos: list[RGBImage], setting: Setting, *, steps: int) -> Iterator[Row]:
    """One picture and class in all, beside its passes alone and the saliency library; regions are cut every time."""
    floor = Floor(model, photos[0], (torch.contiguous_format, torch.channels_last), setting)
    method, count = XRAI(n_steps=steps), 2 * steps - 1
    fresh = (_change_a_pixel(photos[0], number) for number in itertools.count())
    competitors: dict[str, Callable[[], object]] = {
        "floor": lambda: floor.run(count),
        "Relook": lambda: explain(method, model, next(fresh), floor.index),
        "fast": lambda: explain(replace(method, precision="fast"), model, next(fresh), floor.index),
    }
    peer: Any = find_peer("saliency.core.xrai")
    if peer is not None:
        competitors["saliency"] = lambda: ask_saliency(peer, model, photos[0], floor.index, steps=steps)
    timings = time_in_turns(competitors, setting)
    mine = timings["Relook"]
    work = f"XRAI in all, {model.info.name}, {steps} steps"
    beyond = Timing(tuple(seconds - ALLOWANCE for seconds in mine.seconds)).ratio_to(timings["floor"])
    quantity = f"times the floor of {count} passes, {floor}, after {ALLOWANCE} s"
    yield Row(work, quantity, beyond, at_most=1.15, note=describe_seconds(timings))
    ratio = timings["saliency"].ratio_to(mine) if peer else None
    yield Row(work, "times as fast as the saliency library, full", ratio, note="" if peer else INSTALL)
    if peer is not None:
        found = ask_saliency(peer, model, photos[0], floor.index, steps=steps)
        alike = correlate(explain(method, model, photos[0], floor.index), found)
        yield Row(work, "rank correlation with the saliency library, whose rule counts the ends twice", Figure(alike))
    yield from compare_precisions(work, method, model, photos, timings)


def compare_precisions(
    work: str, method: PathExplainer, model: GivesGradients, photos: list[RGBImage], timings: dict[str, Timing]
) -> Iterator[Row]:
    """How fast `fast` is, and how much its maps are like the exact ones."""
    yield Row(work, "times as fast as exact, fast", timings["Relook"].ratio_to(timings["fast"]), at_least=1.8)
    fast = replace(method, precision="fast")  # pyright: ignore[reportArgumentType] - every path method is a dataclass
    likes: list[float] = []
    for photo in photos:
        index = likely_class(model.module, model.normalise([photo]))
        likes.append(correlate(*(explain(each, model, photo, index) for each in (method, fast))))
    figure = Figure(statistics.median(likes), min(likes), max(likes))
    yield Row(work, f"rank correlation of fast with exact, {len(photos)} photos", figure, at_least=0.98)


def compare_trained(method: IntegratedGradients, setting: Setting, *, count: int) -> Row:
    """How much `fast` is like the exact map of a trained network.

    Along the path of a network with random weights, which has no biases, all gradients are the same and half of what
    rounding does to them too; here every point has errors of its own.
    """
    work = f"Integrated gradients, mobilenet_v2 with trained weights, {method.n_steps} steps"
    quantity = f"rank correlation of fast with exact, {count} photos"
    folder = os.environ.get("RELOOK_TEST_DATA")
    if not folder:
        return Row(work, quantity, None, at_least=0.98, note="no weights: set RELOOK_TEST_DATA")
    model = load_mobilenet(Path(folder), setting)
    likes: list[float] = []
    for photo in read_photos(Path(folder), count):
        target = Target(model.info.classes[int(model.scores([model.crop(photo)[0]])[0].argmax())])
        maps = [each.explain(model, photo, target).heatmap for each in (method, replace(method, precision="fast"))]
        likes.append(correlate(*map(torch.from_numpy, maps)))
    return Row(work, quantity, Figure(statistics.median(likes), min(likes), max(likes)), at_least=0.98)


def correlate(mine: Tensor, theirs: Tensor) -> float:
    found: Any = spearmanr(mine.flatten(), theirs.flatten())
    return float(found.statistic)


class Floor:
    """The passes forward and back alone, with no bookkeeping, in the chunks and the layout that are fastest."""

    def __init__(self, model: GivesGradients, photo: RGBImage, layouts: Layouts, setting: Setting) -> None:
        self.network = model.module.requires_grad_(requires_grad=False)
        self.picture = model.normalise([photo])
        self.index = likely_class(self.network, self.picture)
        self._chunk, self._layout = CHUNKS[0], layouts[0]
        pairs = {f"{chunk} {layout}": (chunk, layout) for chunk in CHUNKS for layout in layouts}
        trials = {name: (lambda pair=pair: self._run(max(CHUNKS), *pair)) for name, pair in pairs.items()}
        found = time_in_turns(trials, replace(setting, runs=3))
        self._chunk, self._layout = pairs[min(found, key=lambda name: found[name].median)]

    def __str__(self) -> str:
        last = ", channels last" if self._layout is torch.channels_last else ""
        return f"{self._chunk} at once{last}"

    def run(self, count: int) -> None:
        self._run(count, self._chunk, self._layout)

    def _run(self, count: int, chunk: int, layout: torch.memory_format) -> None:
        for first in range(0, count, chunk):
            pictures = self.picture.repeat(min(chunk, count - first), 1, 1, 1).contiguous(memory_format=layout)
            leaf = pictures.requires_grad_()
            torch.autograd.grad(self.network(leaf)[:, self.index].sum(), [leaf])


def explain(method: PathExplainer, model: GivesGradients, photo: RGBImage, index: int) -> Tensor:
    return torch.from_numpy(method.explain(model, photo, Target(CLASSES[index])).heatmap)


def captum(
    model: GivesGradients, picture: Tensor, index: int, steps: int, *, chunk: int | None
) -> Callable[[], Tensor]:
    """Return captum's integrated gradients of one picture, from the same baseline by the same rule."""
    method = CaptumIntegratedGradients(model.module)

    def attribute() -> Tensor:
        return method.attribute(
            picture,
            torch.zeros_like(picture),
            target=index,
            n_steps=steps,
            method="riemann_middle",
            internal_batch_size=chunk,
        )

    return attribute


def ask_saliency(peer: Any, model: GivesGradients, photo: RGBImage, index: int, *, steps: int) -> Tensor:
    """Return the map of the saliency library, which calls the model with pictures of 0 to 255."""

    def call(pictures: Any, call_model_args: object = None, expected_keys: object = None) -> dict[str, Any]:  # noqa: ARG001
        leaf = torch.from_numpy(np.asarray(pictures, np.float32)).requires_grad_()
        zero, one = model.normalise([np.zeros_like(photo), np.full_like(photo, 255)])
        inputs = zero + (one - zero) * leaf.permute(0, 3, 1, 2) / 255
        [gradient] = torch.autograd.grad(model.module(inputs)[:, index].sum(), [leaf])
        return {"INPUT_OUTPUT_GRADIENTS": gradient.numpy()}

    parameters = peer.XRAIParameters(steps=steps)
    baselines = [np.zeros(photo.shape, np.float32), np.full(photo.shape, 255, np.float32)]
    found = peer.XRAI().GetMask(
        photo.astype(np.float32), call, baselines=baselines, batch_size=PEER_CHUNK, extra_parameters=parameters
    )
    return torch.from_numpy(found)


def _change_a_pixel(photo: RGBImage, number: int) -> RGBImage:
    """Return another picture, whose regions are not kept."""
    changed = photo.copy()
    changed[0, number % photo.shape[1]] ^= 1
    return changed
