"""How the benchmarks print what they measured: rows of one Markdown table, each with its bar and whether it is met."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path


def print_head() -> None:
    """Print what the figures depend on, and the head of the table."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    print(
        f"{processor_name()}, {os.cpu_count()} cores, {load} at the start, Python {platform.python_version()}, {now}."
    )
    print("\n| what | figure | bar | | note |\n|---|---|---|---|---|", flush=True)


def print_row(what: str, figure: str, *, bar: str = "", is_met: bool | None = None, note: str = "") -> None:
    """Print one line of the table; without `is_met` nothing is judged."""
    verdict = "" if is_met is None else ("met" if is_met else "MISSED")
    print(f"| {what} | {figure} | {bar} | {verdict} | {note} |", flush=True)


def print_times(
    what: str, milliseconds: Sequence[float], *, p95_under: float | None = None, most: float | None = None
) -> None:
    """Print the median, p95 and maximum of some times.

    Args:
        what: What took so long.
        milliseconds: The times.
        p95_under: The bar of p95.
        most: The bar of the maximum.
    """
    if not milliseconds:
        print_row(what, "nothing was measured", is_met=False)
        return
    p95, highest = percentile(milliseconds, 95), max(milliseconds)
    figure = f"{percentile(milliseconds, 50):.1f} / {p95:.1f} ms"
    note = f"n {len(milliseconds):,}, highest {highest:.1f} ms"
    if p95_under is not None:
        print_row(what, figure, bar=f"p95 under {p95_under:g} ms", is_met=p95 < p95_under, note=note)
    elif most is not None:
        print_row(what, figure, bar=f"under {most:g} ms", is_met=highest < most, note=note)
    else:
        print_row(what, figure, note=note)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def processor_name() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
