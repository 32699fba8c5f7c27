"""Competing callables, timed in turns in one process; what counts are the ratios of their medians."""

from __future__ import annotations

import ctypes
import gc
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Setting:
    """What every part shares, so that peers and Relook meet on the same ground.

    Attributes:
        device: Where the models lie.
        runs: Measured runs of each competitor; one more warms it up.
        is_quick: Whether to measure on little, for a look: bars are not judged by it.
        is_shared: Whether other programs keep the processor busy: the time it spends on this process is counted then,
            not the time that passes. With one thread these are the same on a machine with nothing else to do.
        seed: For weights, pictures and methods.
    """

    device: torch.device
    runs: int = 5
    is_quick: bool = False
    is_shared: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """The seconds of one competitor, one figure per round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def ratio_to(self, other: Timing) -> Figure:
        """Return this median over the other's; the spread is that of the rounds."""
        rounds = [mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True)]
        return Figure(self.median / other.median, min(rounds), max(rounds))


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure; `low` and `high` are its smallest and largest value among the rounds, where it has any."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.3g}"
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        work: What was done, e.g. "GradCAM, 16 pictures".
        quantity: What `figure` counts, e.g. "times the plain forward pass", "largest relative difference to captum".
        figure: What was measured.
        at_most: The bar, if it is an upper one.
        at_least: The bar, if it is a lower one.
        note: Seconds, or why there is no figure.
    """

    work: str
    quantity: str
    figure: Figure | None
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def bar(self) -> str:
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return f"at least {self.at_least:g}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        """Whether the bar is met, or empty when there is no bar or no figure."""
        if self.figure is None or not self.bar:
            return ""
        is_low_enough = self.at_most is None or self.figure.value <= self.at_most
        is_high_enough = self.at_least is None or self.figure.value >= self.at_least
        return "met" if is_low_enough and is_high_enough else "MISSED"


def time_in_turns(competitors: Mapping[str, Callable[[], object]], setting: Setting) -> dict[str, Timing]:
    """Run every competitor once to warm up, then in rounds: one after the other, each round starting one further on.

    What else the machine does falls on all of them alike.
    """
    names = list(competitors)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        competitors[name]()
    for number in range(setting.runs):
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            seconds[name].append(_time(competitors[name], setting))
    return {name: Timing(tuple(values)) for name, values in seconds.items()}


def _time(work: Callable[[], object], setting: Setting) -> float:
    clock = time.process_time if setting.is_shared else time.perf_counter
    gc.collect()
    synchronise(setting.device)
    start = clock()
    work()
    synchronise(setting.device)
    return clock() - start


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_megabytes(work: Callable[[], object], device: torch.device) -> float | None:
    """Return how far memory rose above where it stood while `work` ran, MB; None where that cannot be read.

    Args:
        work: Run once before, so that what stays for good is there.
        device: On a GPU its own memory is meant, on a CPU the resident memory of this process (Linux).
    """
    gc.collect()
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return (torch.cuda.max_memory_allocated(device) - before) / 1e6
    if sys.platform != "linux" or not _STATUS.exists():
        return None
    ctypes.CDLL(None).malloc_trim(0)
    try:
        _RESET.write_text("5")  # the peak is counted anew
    except OSError:
        return None
    before = _resident("VmRSS")
    work()
    return _resident("VmHWM") - before


def _resident(field: str) -> float:
    [line] = [line for line in _STATUS.read_text().splitlines() if line.startswith(f"{field}:")]
    return int(line.split()[1]) * 1024 / 1e6
