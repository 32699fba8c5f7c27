"""How fast a large COCO file is read, and with how much memory: `python -m bench.coco`.

Generated: 100,000 images with 1,000,000 objects. Each reading is a process of its own, whose seconds and peak memory
are measured; the floor beside it in the same run is `json.load`, which understands nothing of it. The aim is 2 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.image import ImageRef
from domain.prediction import Instances, Task
from domain.settings import read_settings
from formats import FORMATS
from formats.base import FileReport, ReadOptions, Record, WriteOptions
from services.importing import GivenFile, import_given
from services.projects import create_project
from services.workspace import open_workspace
from store.images import ImageFile, save_images

AIM_GB = 2.0
ROOT = Path(__file__).resolve().parent.parent
_CLASSES = 80
_WIDTH, _HEIGHT = 640, 480
_POINTS = 12


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process did."""

    seconds: float
    peak_gb: float
    objects: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--only", choices=sorted(_READERS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(run_here(arguments.only, arguments.file)))
        return
    with tempfile.TemporaryDirectory(prefix="relook-bench-") as folder:
        measure_coco(Path(folder), images=arguments.images, objects=arguments.objects)
    print(f"Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Aim: below {AIM_GB:g} GB.")


def measure_coco(folder: Path, *, images: int, objects: int) -> None:
    """Boxes, then outlines."""
    for has_outlines in (False, True):
        file = folder / "labels.json"
        write_labels(file, images=images, objects=objects, has_outlines=has_outlines)
        kind = f"outlines of {_POINTS} points" if has_outlines else "boxes"
        print(f"COCO, {objects:,} {kind} on {images:,} images, {file.stat().st_size / 1e6:,.0f} MB")
        floor = measure("json.load", file)
        print_row("json.load", floor, floor)
        for name, words in (("read", "reads"), ("convert", "reads and writes"), ("import", "reads into a project")):
            print_row(f"Relook {words}", measure(name, file), floor)


def measure(name: str, file: Path) -> Measured:
    """Run one reader in a process of its own."""
    command = [sys.executable, "-m", "bench.coco", "--only", name, "--file", str(file)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return Measured(**json.loads(done.stdout))


def run_here(name: str, file: Path) -> dict[str, float]:
    """Run one reader and say what it took, the memory of the interpreter and its libraries included."""
    started = time.perf_counter()
    objects = _READERS[name](file)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"seconds": seconds, "peak_gb": peak / 1e9, "objects": objects}


def _load_json(file: Path) -> int:
    with file.open("rb") as stream:
        return len(json.load(stream)["annotations"])


def _read(file: Path) -> int:
    report = FileReport(file.name)
    contents = (record.content for record in FORMATS["coco"]().read(file, ReadOptions(), report))
    return sum(len(content.items) for content in contents if isinstance(content, Instances))


def _convert(file: Path) -> int:
    """Read and write again without holding the records."""
    target, report = FORMATS["coco"](), FileReport(file.name)
    records = target.read(file, ReadOptions(), report)
    first = next(records)
    options = WriteOptions(report.task or Task.DETECTION, report.classes)

    def every() -> Iterator[Record]:
        yield first
        yield from records

    return target.write(file.with_suffix(".again.json"), every(), options).objects


def _import(file: Path) -> int:
    """Read into a project that has all images; these are put straight into the store, there are no files."""
    with tempfile.TemporaryDirectory() as home:
        workspace = open_workspace(read_settings({"RELOOK_HOME": home}))
        project_id = create_project(workspace, "Bench", Task.DETECTION, home).project_id
        images = [
            ImageFile(ImageRef(name_of(number), "", _WIDTH, _HEIGHT), number, 0, 0)
            for number in range(count_images(file))
        ]
        with workspace.write() as connection:
            save_images(connection, project_id, images)
        del images
        [summary] = import_given(workspace, project_id, GivenFile(file))
        assert summary.used == summary.lines  # noqa: S101 - a bench of nothing is no bench
        workspace.close()
        return summary.lines


def count_images(file: Path) -> int:
    """How many images a generated file has: its images stand before its annotations."""
    count, end, token = 0, b"", b'"file_name"'
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            part = end + chunk
            count += part.count(token)
            if b'"annotations"' in part:
                break
            end = part[1 - len(token) :]
    return count


_READERS: dict[str, Callable[[Path], int]] = {
    "json.load": _load_json,
    "read": _read,
    "convert": _convert,
    "import": _import,
}


def write_labels(file: Path, *, images: int, objects: int, has_outlines: bool) -> None:
    """Write COCO labels of random objects, in random order as COCO's own are."""
    chance = random.Random(0)  # noqa: S311 - the same file every time
    with file.open("w", encoding="utf-8") as stream:
        stream.write('{"info": {}, "licenses": [], "images": [')
        for number in range(images):
            image = {"id": number + 1, "width": _WIDTH, "height": _HEIGHT, "file_name": name_of(number)}
            stream.write((", " if number else "") + json.dumps(image))
        stream.write('], "annotations": [')
        for number in range(objects):
            annotation = make_annotation(number + 1, chance, images=images, has_outline=has_outlines)
            stream.write((", " if number else "") + json.dumps(annotation))
        categories = [{"id": number, "name": f"class {number}"} for number in range(1, _CLASSES + 1)]
        stream.write(f'], "categories": {json.dumps(categories)}}}')


def name_of(number: int) -> str:
    return f"{number + 1:012d}.jpg"


def make_annotation(number: int, chance: random.Random, *, images: int, has_outline: bool) -> dict[str, object]:
    """One object, with numbers of two decimals as COCO's have."""
    x, y = round(chance.uniform(0, _WIDTH - 120), 2), round(chance.uniform(0, _HEIGHT - 120), 2)
    width, height = round(chance.uniform(5, 110), 2), round(chance.uniform(5, 110), 2)
    outline = [
        round(start + chance.random() * side, 2) for _ in range(_POINTS) for start, side in ((x, width), (y, height))
    ]
    return {
        "segmentation": [outline] if has_outline else [],
        "area": round(width * height, 4),
        "iscrowd": 0,
        "image_id": chance.randrange(images) + 1,
        "bbox": [x, y, width, height],
        "category_id": chance.randrange(_CLASSES) + 1,
        "id": number,
    }


def print_row(name: str, found: Measured, floor: Measured) -> None:
    ratio = found.seconds / floor.seconds
    print(f"  {name:26} {found.seconds:6.1f} s ({ratio:4.2f} of json.load)  {found.peak_gb:5.2f} GB", flush=True)


if __name__ == "__main__":
    main()
