"""Writing a folder with an `inputs,labels` table and, for segmentation, a mask an image (formats.md 7.3)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import orjson
from PIL import Image

from domain.prediction import Instances, Labels, Task, count_things
from formats.base import Record, WriteOptions, Writing
from formats.base.csv_rows import harmless
from formats.base.masks import rasterise
from formats.eazyml.fit import MOST_CLASSES, class_names
from formats.eazyml.mask_files import NAMES_FILE
from formats.eazyml.tables import INPUTS, LABELS, TABLE

MASKS = "masks"
_INSIDE = 255


def write_folder(path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
    """Write labels.csv and, for segmentation, masks/000001.png and labels.json, which names their values."""
    files = [path / TABLE]
    values = mask_values(class_names(options)[:MOST_CLASSES])
    if options.task is Task.SEGMENTATION:
        (path / MASKS).mkdir()
        names = {str(value): name for name, value in values.items()}
        (path / NAMES_FILE).write_bytes(orjson.dumps(names, option=orjson.OPT_INDENT_2) + b"\n")
        files.append(path / NAMES_FILE)
    written = objects = 0
    with (path / TABLE).open("w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow((INPUTS, LABELS))
        for record in records:
            if record.content is None:
                continue
            written += 1
            objects += count_things(record.content)
            label = _write_label(path, record, written, values)
            lines.writerow((harmless_path(record.image_url), label))
    return Writing(tuple(files), written, objects)


def mask_values(names: tuple[str, ...]) -> dict[str, int]:
    """The value of every class in a mask: 255 where there is one class, else 1, 2, 3..."""
    return {names[0]: _INSIDE} if len(names) == 1 else {name: value for value, name in enumerate(names, 1)}


def harmless_path(path: str) -> str:
    """A path as a CSV cell that no spreadsheet takes for a formula, and every program for the same path."""
    return f"./{path}" if harmless(path) != path or path.startswith(("./", "'")) else path


def _write_label(path: Path, record: Record, number: int, values: dict[str, int]) -> str:
    content = record.content
    if isinstance(content, Labels):
        return harmless(next(iter(content.scores)))
    name = f"{MASKS}/{number:06d}.png"
    width, height = record.size or (1, 1)
    mask = np.zeros((height, width), dtype=np.uint8)
    if isinstance(content, Instances):
        for item in content.items:
            mask[rasterise(item.polygons, height, width)] = values[item.label]
    Image.fromarray(mask).save(path / name)
    return name
