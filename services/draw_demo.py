"""The demo data sets on disk, and what was planted in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from demo.dataset import DEFAULT_IMAGES, DEFAULT_SEED, FOLDERS, write_dataset
from domain.progress import Report, ignore_progress
from services.output_files import make_folder, unwritable

__all__ = ["DEFAULT_IMAGES", "DEFAULT_SEED", "DrawnTask", "draw_demo"]


@dataclass(frozen=True, slots=True)
class DrawnTask:
    """One of the four data sets.

    Attributes:
        folder: Where it lies.
        images: How many there are.
        planted: Kind of label error -> how many.
    """

    folder: Path
    images: int
    planted: Mapping[str, int]


def draw_demo(
    folder: Path, *, images: int = DEFAULT_IMAGES, seed: int = DEFAULT_SEED, report: Report = ignore_progress
) -> list[DrawnTask]:
    """Draw the four data sets; the same seed gives the same bytes (see `demo.dataset.write_dataset`).

    Raises:
        InputError: `images` or `seed` is too small, or the folder may not be written to.
        Cancelled: A person asked to stop.
    """
    make_folder(folder)
    try:
        write_dataset(folder, images=images, seed=seed, report=report)
        return [DrawnTask(folder / name, images, _count_planted(folder / name)) for name in FOLDERS.values()]
    except OSError as error:
        raise unwritable(folder, error) from error


def _count_planted(folder: Path) -> Mapping[str, int]:
    lines = (folder / "planted_errors.jsonl").read_bytes().splitlines()
    return Counter(orjson.loads(line)["kind"] for line in lines)
