"""LIME beside its forward passes and the lime library; RISE and occlusion beside theirs; memory at many samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from captum.attr import Occlusion as CaptumOcclusion

from bench.explainers.lime_contest import AS_THE_LIBRARY, likely_class, measure_contest
from bench.explainers.measure import Figure, Row, Setting, Timing, peak_megabytes, time_in_turns
from bench.explainers.subjects import CLASSES, build_classifier, load_photos
from domain.explanation import RGBImage, Target
from explainers.base import GivesGradients
from explainers.network.masked_scores import CHUNKS
from explainers.occlusion import Occlusion
from explainers.picture import superpixels
from explainers.rise import RISE

FLOOR_CHUNKS = {"cpu": (4, 8, 16), "cuda": (64, 128, 256)}
"""The fastest of these is the floor."""


def measure_part(setting: Setting) -> Iterator[Row]:
    superpixels.KEPT = 0  # every run cuts its picture anew
    model = build_classifier(setting, "resnet18" if setting.is_quick else "resnet50")
    yield from measure_lime(model, setting, samples=48 if setting.is_quick else 1000)
    yield from measure_rise(model, setting, samples=48 if setting.is_quick else 200)
    yield from measure_occlusion(model, setting)
    yield from measure_contest(setting, samples=100 if setting.is_quick else 1000)
    small = build_classifier(setting, "resnet18")
    yield from measure_memory(small, setting, counts=(100, 400) if setting.is_quick else (1000, 8000))


def measure_lime(model: GivesGradients, setting: Setting, *, samples: int) -> Iterator[Row]:
    """The library's LIME, with all its samples, beside as many plain forward passes."""
    [photo] = load_photos(setting, 1)
    index = likely_class(model, photo)
    exact = replace(AS_THE_LIBRARY, samples=samples)
    timings = time_in_turns(
        {
            "floor": plain_passes(model, photo, samples, setting),
            "exact": lambda: exact.explain(model, photo, Target(CLASSES[index])),
            "fast": lambda: replace(exact, precision="fast").explain(model, photo, Target(CLASSES[index])),
        },
        setting,
    )
    work = f"LIME, {model.info.name}, {samples} samples"
    seconds = describe_seconds(timings)
    yield Row(
        work, "times as many plain passes", timings["exact"].ratio_to(timings["floor"]), at_most=1.1, note=seconds
    )
    yield Row(work, "times as fast as exact, fast", timings["exact"].ratio_to(timings["fast"]), at_least=1.8)


def measure_rise(model: GivesGradients, setting: Setting, *, samples: int) -> Iterator[Row]:
    [photo] = load_photos(setting, 1)
    target = Target(CLASSES[likely_class(model, photo)])
    method = RISE(samples=samples, stop_early=False)
    timings = time_in_turns(
        {
            "floor": plain_passes(model, photo, samples, setting),
            "exact": lambda: method.explain(model, photo, target),
            "fast": lambda: replace(method, precision="fast").explain(model, photo, target),
        },
        setting,
    )
    work = f"RISE, {model.info.name}, {samples} samples"
    seconds = describe_seconds(timings)
    yield Row(work, "times as many plain passes", timings["exact"].ratio_to(timings["floor"]), note=seconds)
    yield Row(work, "times as fast as exact, fast", timings["exact"].ratio_to(timings["fast"]))


def measure_occlusion(model: GivesGradients, setting: Setting) -> Iterator[Row]:
    """Beside captum's, given as many pictures at once as Relook takes; its default is one."""
    [photo] = load_photos(setting, 1)
    index = likely_class(model, photo)
    method = Occlusion(window=64, stride=64) if setting.is_quick else Occlusion(window=32, stride=16)
    inputs, grey = model.normalise([photo]), model.normalise([np.full_like(photo, 128)])
    peer: Any = CaptumOcclusion(model.module)

    def attribute() -> object:
        with torch.inference_mode():
            return peer.attribute(
                inputs,
                sliding_window_shapes=(3, method.window, method.window),
                strides=(3, method.stride, method.stride),
                baselines=grey,
                target=index,
                perturbations_per_eval=CHUNKS[setting.device.type],
            )

    timings = time_in_turns(
        {"Relook": lambda: method.explain(model, photo, Target(CLASSES[index])), "captum": attribute}, setting
    )
    work = f"Occlusion, {model.info.name}, {method.passes(model)[0]} windows"
    ratio = timings["captum"].ratio_to(timings["Relook"])
    yield Row(work, "times as fast as captum", ratio, note=describe_seconds(timings))


def measure_memory(model: GivesGradients, setting: Setting, *, counts: tuple[int, int]) -> Iterator[Row]:
    [photo] = load_photos(setting, 1)
    target = Target(CLASSES[likely_class(model, photo)])
    for method in (AS_THE_LIBRARY, RISE(stop_early=False)):
        for count in counts:
            sized = replace(method, samples=count)
            peak = peak_megabytes(lambda sized=sized: sized.explain(model, photo, target), setting.device)
            work = f"{method.title}, {model.info.name}, {count} samples"
            yield Row(work, "MB at most above the model", None if peak is None else Figure(peak), at_most=2000)


def plain_passes(model: GivesGradients, photo: RGBImage, count: int, setting: Setting) -> Callable[[], None]:
    """Return `count` forward passes of the network alone, in chunks of the size that was fastest."""

    def run(chunk: int, passes: int) -> None:
        inputs = model.normalise([photo] * chunk)
        with torch.inference_mode():
            for first in range(0, passes, chunk):
                model.module(inputs[: min(chunk, passes - first)])

    sizes = FLOOR_CHUNKS[setting.device.type]
    trials = time_in_turns({str(size): lambda size=size: run(size, sizes[-1] * 2) for size in sizes}, setting)
    fastest = int(min(trials, key=lambda size: trials[size].median))
    return lambda: run(fastest, count)


def describe_seconds(timings: dict[str, Timing]) -> str:
    return ", ".join(f"{name} {timing.median:.3g} s" for name, timing in timings.items())
