"""Print the ratios of Relook's explanation methods to their peers and floors, as one table.

Parts are measured one after the other; within a part all competitors run in turns in this process, on the same model,
pictures, threads and seed. The table is Markdown.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from bench.explainers.measure import Row, Setting
from bench.explainers.peers import peers_folder

PARTS = ("cams", "paths", "perturbation", "objects")
_LIBRARIES = ("torch", "torchvision", "numpy", "captum", "lime")


def main() -> None:
    there = [part for part in PARTS if Path(__file__).with_name(f"{part}.py").exists()]
    parser = argparse.ArgumentParser(prog="python -m bench.explainers", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(there)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a look in about a minute; bars are not judged by it")
    parser.add_argument("--runs", type=int, default=5, help="of each competitor (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="default: %(default)s")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="default: %(default)s")
    shared = "count the processor's time for this process: other programs keep it busy"
    parser.add_argument("--shared", action="store_true", help=shared)
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.parts) - set(there))
    if unknown:
        parser.error(f"There is no part named {', '.join(unknown)}. Known: {', '.join(there)}.")
    if arguments.shared and (arguments.threads != 1 or arguments.device != "cpu"):
        parser.error(
            "The processor's time of several threads, or of a GPU, says nothing: give --threads 1 --device cpu."
        )
    torch.set_num_threads(arguments.threads)
    setting = Setting(
        torch.device(arguments.device),
        runs=1 if arguments.quick else arguments.runs,
        is_quick=arguments.quick,
        is_shared=arguments.shared,
    )
    print("\n".join(describe_machine(setting)))
    rows = (row for part in arguments.parts or there for row in measure(part, setting))
    print_table(rows, is_judged=not setting.is_quick)


def measure(part: str, setting: Setting) -> Iterator[Row]:
    """Yield the rows of one part as they are measured."""
    yield from importlib.import_module(f"bench.explainers.{part}").measure_part(setting)


def print_table(rows: Iterator[Row], *, is_judged: bool) -> None:
    """Print the rows as they come, and whether each meets its bar."""
    print("\n| work | figure | | bar | | |\n|---|---|---|---|---|---|", flush=True)
    for row in rows:
        figure = "-" if row.figure is None else str(row.figure)
        verdict = row.verdict if is_judged else ""
        print(f"| {row.work} | {figure} | {row.quantity} | {row.bar} | {verdict} | {row.note} |", flush=True)


def describe_machine(setting: Setting) -> Iterator[str]:
    """Yield what the figures depend on, one line each."""
    yield f"Processor: {processor_name()}, {os.cpu_count()} cores, {torch.get_num_threads()} of them used by torch."
    if setting.device.type == "cuda":
        yield f"Device: {torch.cuda.get_device_name(setting.device)}."
    versions = ", ".join(f"{name} {installed_version(name)}" for name in _LIBRARIES)
    yield f"Python {platform.python_version()}, {versions}; peers in {peers_folder().name}."
    clock = "time of the processor for this process" if setting.is_shared else "time that passed"
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    yield (
        f"{setting.runs} runs of each in turns, medians of the {clock}; in brackets the lowest and highest ratio of a "
        f"round; {load}."
    )


def processor_name() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def installed_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    main()
