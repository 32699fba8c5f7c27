"""How fast and how small label files are read, taken in and given out: `python -m bench.formats`.

An Azure detection file with two boxes a line is generated; validating it, importing it into a project and exporting
that project are timed beside pandas loading and writing the same file, each in a process of its own, in turns. What
counts are the ratios of the medians and the peak memory. Importing predictions is measured against the fastest of the
labelling tools for which a figure is known: 123 s for 100,000 rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.coco import measure_coco
from domain.image import ImageRef
from domain.prediction import Task
from domain.settings import read_settings
from services.exporting import export_project
from services.import_labels import import_file
from services.projects import create_project
from services.validating import validate_file
from services.workspace import Workspace, open_workspace
from store.images import ImageFile, save_images

ROOT = Path(__file__).resolve().parents[1]
SECONDS_FOR_PREDICTIONS = 123.0

_ADDRESS = (
    "azureml://subscriptions/my-subscription-id/resourcegroups/my-resource-group/workspaces/my-workspace/"
    "datastores/my-datastore/paths/image_data"
)
_NAMES = ("can", "carton", "milk_bottle", "water_bottle")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="of the label file (default: %(default)s)")
    parser.add_argument("--predictions", type=int, default=100_000, help="rows (default: %(default)s)")
    parser.add_argument("--images", type=int, default=100_000, help="of the COCO files (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each measurement (default: %(default)s)")
    parser.add_argument("--step", nargs=3, metavar=("STEP", "FOLDER", "LINES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        run_step(arguments.step[0], Path(arguments.step[1]), int(arguments.step[2]))
        return
    with tempfile.TemporaryDirectory(prefix="relook-bench-") as folder:
        measure_azure(Path(folder), lines=arguments.lines, runs=arguments.runs)
        measure_predictions(Path(folder), rows=arguments.predictions, runs=arguments.runs)
        measure_coco(Path(folder), images=arguments.images, objects=10 * arguments.images)
    print(f"Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


def measure_azure(folder: Path, *, lines: int, runs: int) -> None:
    """Label files; the project of the last import is the one that is exported."""
    write_labels(folder / "labels.jsonl", lines)
    write_faults(folder / "faults.jsonl", lines // 10)
    steps = ("pandas load", "validate", "import", "pandas write", "export")
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(runs):
        for step in steps:
            found.setdefault(step, []).append(take_step(step, folder, lines))
    faults = take_step("validate faults", folder, lines // 10)
    print(f"Azure detection, {lines:,} lines, {(folder / 'labels.jsonl').stat().st_size / 1e6:,.0f} MB")
    for step in steps:
        print_row(step, found[step], lines)
    print_row("validate faults", [faults], lines // 10)
    for ours, theirs, aim in (
        ("validate", "pandas load", 3.0),
        ("import", "pandas load", 0.5),
        ("export", "pandas write", 1.0),
    ):
        ratio = median(found[theirs]) / median(found[ours])
        print(f"  {ours} is {ratio:.2f} times as fast as {theirs}; the aim is {aim:.1f}.")
    highest = max(peak for step in ("validate", "import", "export") for _, peak in found[step])
    print(f"  highest peak {max(highest, faults[1]):,.0f} MB; the aim is below 500 MB.")


def measure_predictions(folder: Path, *, rows: int, runs: int) -> None:
    """Prediction files of objects."""
    write_predictions(folder / "predictions.jsonl", rows)
    found = [take_step("import predictions", folder, rows) for _ in range(runs)]
    print(f"Predictions, {rows:,} rows")
    print_row("import", found, rows)
    ratio = SECONDS_FOR_PREDICTIONS * rows / 100_000 / median(found)
    print(f"  {ratio:.1f} times as fast as 123 s for 100,000 rows; the aim is 20.")


def median(found: list[tuple[float, float]]) -> float:
    return statistics.median(seconds for seconds, _ in found)


def print_row(step: str, found: list[tuple[float, float]], lines: int) -> None:
    seconds, peak = median(found), max(peak for _, peak in found)
    each = ", ".join(f"{value:.1f}" for value, _ in found)
    print(f"  {step:16} {seconds:6.1f} s  {seconds / lines * 1e6:5.1f} us a line  peak {peak:6,.0f} MB  ({each})")


def take_step(step: str, folder: Path, lines: int) -> tuple[float, float]:
    """Run one step in a process of its own; seconds of the step alone, and the peak memory of the process in MB."""
    command = [sys.executable, "-m", "bench.formats", "--step", step, str(folder), str(lines)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, peak = json.loads(made.stdout.splitlines()[-1])
    return seconds, peak


def run_step(step: str, folder: Path, lines: int) -> None:
    """Prepare a step, time it, and print seconds and peak."""
    work = STEPS[step](folder, lines)
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps([seconds, sum(peaks) / 1024]))


def _prepare_load(folder: Path, _lines: int) -> Callable[[], object]:
    import pandas as pd  # noqa: PLC0415  the processes that run Relook do without

    return lambda: pd.read_json(folder / "labels.jsonl", lines=True)


def _prepare_write(folder: Path, _lines: int) -> Callable[[], object]:
    import pandas as pd  # noqa: PLC0415  the processes that run Relook do without

    frame = pd.read_json(folder / "labels.jsonl", lines=True)
    return lambda: frame.to_json(folder / "pandas.jsonl", orient="records", lines=True)


def _prepare_validate(name: str) -> Callable[[Path, int], Callable[[], object]]:
    def prepare(folder: Path, _lines: int) -> Callable[[], object]:

        return lambda: validate_file(folder / name, max_pixels=10**9)

    return prepare


def _prepare_import(name: str, home: str) -> Callable[[Path, int], Callable[[], object]]:
    def prepare(folder: Path, lines: int) -> Callable[[], object]:

        shutil.rmtree(folder / home, ignore_errors=True)
        workspace, project_id = make_project(folder / home, lines)

        def work() -> None:
            summary = import_file(workspace, project_id, str(folder / name))
            if (summary.lines, summary.used) != (lines, lines):
                raise RuntimeError(f"Only {summary.used} of {lines} lines were used.")

        return work

    return prepare


def _prepare_export(folder: Path, lines: int) -> Callable[[], object]:

    workspace = open_workspace(read_settings({"RELOOK_HOME": str(folder / "home")}))

    def work() -> None:
        export = export_project(workspace, 1, folder / "out.jsonl")
        if export.differences or export.counts != {"untouched": lines}:
            raise RuntimeError(f"The export is not what was imported: {export.parity}")

    return work


STEPS = {
    "pandas load": _prepare_load,
    "pandas write": _prepare_write,
    "validate": _prepare_validate("labels.jsonl"),
    "validate faults": _prepare_validate("faults.jsonl"),
    "import": _prepare_import("labels.jsonl", "home"),
    "import predictions": _prepare_import("predictions.jsonl", "home-predictions"),
    "export": _prepare_export,
}


def make_project(home: Path, images: int) -> tuple[Workspace, int]:
    """A workspace with a detection project whose images are put straight into the store; there are no files."""
    home.mkdir(exist_ok=True)
    workspace = open_workspace(read_settings({"RELOOK_HOME": str(home)}))
    project_id = create_project(workspace, "Bench", Task.DETECTION, str(home)).project_id
    for start in range(0, images, 10_000):
        numbers = range(start, min(start + 10_000, images))
        files = [ImageFile(ImageRef(name_of(number), "", 499, 666), number, 0, 0) for number in numbers]
        with workspace.write() as connection:
            save_images(connection, project_id, files)
    return workspace, project_id


def name_of(number: int) -> str:
    return f"{number // 1000:04d}/{number:07d}.jpg"


def write_labels(file: Path, lines: int) -> None:
    """Two boxes a line, as Azure's own files are written."""
    chance = random.Random(1)  # noqa: S311  not for secrets
    with file.open("w") as stream:
        for number in range(lines):
            label = [{**make_box(chance), "isCrowd": 0} for _ in range(2)]
            details = {"format": "jpg", "width": "499px", "height": "666px"}
            line = {"image_url": f"{_ADDRESS}/{name_of(number)}", "image_details": details, "label": label}
            stream.write(json.dumps(line) + "\n")


def write_faults(file: Path, lines: int) -> None:
    """An error on every line."""
    with file.open("w") as stream:
        for number in range(lines):
            box = {"label": "can", "topX": 40, "topY": 30, "bottomX": 200, "bottomY": 100}
            stream.write(json.dumps({"image_url": f"{_ADDRESS}/{name_of(number)}", "label": [box]}) + "\n")


def write_predictions(file: Path, rows: int) -> None:
    """Two scored boxes a row."""
    chance = random.Random(2)  # noqa: S311  not for secrets
    with file.open("w") as stream:
        for number in range(rows):
            boxes = []
            for _ in range(2):
                box = make_box(chance)
                boxes.append({"label": box.pop("label"), "score": round(chance.random(), 4), "box": box})
            stream.write(json.dumps({"filename": name_of(number), "boxes": boxes}) + "\n")


def make_box(chance: random.Random) -> dict[str, object]:
    left, top = chance.random() * 0.7, chance.random() * 0.7
    sides = (left, top, left + 0.05 + chance.random() * 0.2, top + 0.05 + chance.random() * 0.2)
    keys = ("topX", "topY", "bottomX", "bottomY")
    return {"label": chance.choice(_NAMES), **{key: round(side, 4) for key, side in zip(keys, sides, strict=True)}}


if __name__ == "__main__":
    main()
