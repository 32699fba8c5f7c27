"""Print what correcting labels gives a model that learns from them, and how well it learns from a hundred photos.

Demo: the demo's classifier learns from scenes of another seed, 30 % of them labelled wrongly. Labels of the queue's
first third are corrected by the truth, and as many at random; predictions for the queue are out of sample by three-fold
cross-validation. Share of the gap = (corrected - noisy) / (clean - noisy), in accuracy on held-out scenes with right
labels; 95 % intervals draw seeds, and scenes within them, anew. Fridge photos: MobileNetV2 (ImageNet), the last layer
learns; five stratified splits of 100 to learn from and 34 held out, with `RELOOK_TEST_DATA`. With --task detection:
the demo's detector learns from objects of scenes of another seed, 30 % of them wrong, and from the same ones corrected.
What is measured stays in --folder, and a run that was broken off goes on.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.learning_boxes import measure_and_print
from bench.learning_demo import CONDITIONS, NOISE, Outcome, measure_seed
from bench.learning_fridge import SPLITS, measure_fridge
from bench.report import print_head, print_row
from domain.trust import Estimate
from metrics.bootstrap import estimate

SEEDS = range(31, 36)
SIZES = (320, 300)
QUICK_SIZES = (60, 40)
_LEAST_SHARE = 0.6
_LEAST_ACCURACY = 0.9
_MOST_SECONDS = 300
_DRAWS = 4000

Means = Mapping[str, NDArray[np.float64]]
"""Condition -> (D,) mean accuracy over the seeds, of each draw."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description=__doc__)
    parser.add_argument("--task", choices=["classification", "detection"], default="classification")
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "relook-bench" / "learning")
    parser.add_argument("--quick", action="store_true", help="two seeds of few scenes and one split: not for figures")
    parser.add_argument("--seeds", type=int, nargs="*", help="measure these alone now, and print nothing")
    arguments = parser.parse_args()
    if arguments.task == "detection":
        measure_and_print(arguments.folder, is_quick=arguments.quick)
        return
    sizes = QUICK_SIZES if arguments.quick else SIZES
    seeds = arguments.seeds or (SEEDS[:2] if arguments.quick else SEEDS)
    outcomes = [measure_seed(arguments.folder, seed=seed, sizes=sizes) for seed in seeds]
    if arguments.seeds:
        return
    print_demo(outcomes, seeds, sizes)
    data = os.environ.get("RELOOK_TEST_DATA")
    fridge = measure_fridge(arguments.folder, Path(data), splits=1 if arguments.quick else SPLITS) if data else []
    print("\n## Bars\n")
    print_head()
    print_demo_bars(outcomes)
    if fridge:
        print_fridge_bars(fridge)


def print_demo(outcomes: Sequence[Outcome], seeds: Sequence[int], sizes: tuple[int, int]) -> None:
    """Print the accuracies of each seed."""
    print(f"\n## Demo, {NOISE:.0%} of {sizes[0]} labels wrong, {sizes[1]} scenes held out\n")
    print(f"| seed | {' | '.join(CONDITIONS)} | wrong labels in the queue's first third | in a random third |")
    print(f"|{'---|' * (len(CONDITIONS) + 3)}")
    for seed, outcome in zip(seeds, outcomes, strict=True):
        accuracies = " | ".join(f"{outcome.right[name].mean():.3f}" for name in CONDITIONS)
        print(f"| {seed} | {accuracies} | {outcome.found['queue']:.0%} | {outcome.found['random']:.0%} |")


def print_demo_bars(outcomes: Sequence[Outcome]) -> None:
    """Print the gap and the shares of it, with intervals."""
    gap = compare(outcomes, lambda mean: mean["clean"] - mean["noisy"])
    print_row("gap between clean and noisy labels, accuracy", say(gap), bar="interval above 0", is_met=gap.low > 0)
    for name, words in (("queue", "the queue's first third"), ("random", "a random third")):
        share = compare(outcomes, lambda mean, name=name: share_of_gap(mean, name))
        is_bar = name == "queue"
        print_row(
            f"share of the gap regained by correcting {words}",
            say(share),
            bar=f"at least {_LEAST_SHARE}" if is_bar else "",
            is_met=share.value >= _LEAST_SHARE if is_bar else None,
        )
    more = compare(outcomes, lambda mean: mean["queue"] - mean["random"])
    print_row("queue minus random, accuracy", say(more))


def print_fridge_bars(measured: Sequence[tuple[float, float]]) -> None:
    """Print the mean accuracy and the longest time."""
    accuracies, seconds = (np.array(each) for each in zip(*measured, strict=True))
    each = ", ".join(f"{accuracy:.3f}" for accuracy in accuracies)
    mean = float(accuracies.mean())
    print_row(
        "fridge photos, mean accuracy",
        f"{mean:.3f}",
        bar=f"at least {_LEAST_ACCURACY}",
        is_met=mean >= _LEAST_ACCURACY,
        note=each,
    )
    longest = float(seconds.max())
    print_row(
        "fridge photos, longest split",
        f"{longest:.0f} s",
        bar=f"under {_MOST_SECONDS} s",
        is_met=longest < _MOST_SECONDS,
    )


def share_of_gap(mean: Means, name: str) -> NDArray[np.float64]:
    gap = mean["clean"] - mean["noisy"]
    return np.where(gap > 0, (mean[name] - mean["noisy"]) / np.where(gap > 0, gap, 1), np.nan)


def compare(outcomes: Sequence[Outcome], figure: Callable[[Means], NDArray[np.float64]]) -> Estimate:
    """Return a figure of the mean accuracies; seeds are drawn anew and their scenes too, alike for all conditions."""
    rng = np.random.default_rng(0)
    once = {name: np.array([float(np.mean([each.right[name].mean() for each in outcomes]))]) for name in CONDITIONS}
    drawn: dict[str, list[float]] = {name: [] for name in CONDITIONS}
    for _ in range(_DRAWS):
        chosen = [outcomes[place] for place in rng.integers(len(outcomes), size=len(outcomes))]
        scenes = [rng.integers(len(each.right["noisy"]), size=len(each.right["noisy"])) for each in chosen]
        for name in CONDITIONS:
            means = [each.right[name][picked].mean() for each, picked in zip(chosen, scenes, strict=True)]
            drawn[name].append(float(np.mean(means)))
    values = figure({name: np.array(each) for name, each in drawn.items()})
    found = estimate(float(figure(once)[0]), values, sum(len(each.right["noisy"]) for each in outcomes))
    return found or Estimate(float("nan"), float("nan"), float("nan"), 0)


def say(figure: Estimate) -> str:
    if not figure.n:
        return "–"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


if __name__ == "__main__":
    main()
