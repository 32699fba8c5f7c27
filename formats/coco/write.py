"""Writing COCO labels and results lists, an image at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson

from domain.geometry import Box, Segment
from domain.prediction import Instance, Instances
from formats.base.characters import NOT_IN_JSON, clean
from formats.base.format import WriteOptions, Writing
from formats.base.masks import pack_counts, ring_area
from formats.base.pixels import neat, points_in_pixels, to_pixels
from formats.base.record import Record
from formats.coco.fit import mask_of
from formats.coco.images import path_in_datastore
from formats.coco.numbering import ClassNumbers, ImageNumbers
from formats.coco.shapes import Size

_DIGITS = 9
_LAST_DIGIT = 2e-16


class _Rows:
    """Rows of a JSON list, one a line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self._stream.write((b",\n" if self.count else b"\n") + orjson.dumps(row))
        self.count += 1


def write_labels(path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
    """Write `records` as images, annotations and categories; the annotations wait in a file beside it."""
    classes, numbers = ClassNumbers(options), ImageNumbers()
    with path.open("wb") as stream, tempfile.TemporaryFile(dir=path.parent) as waiting:
        stream.write(b'{"info":{},"licenses":[],"images":[')
        images, annotations = _Rows(stream), _Rows(waiting)
        for record in records:
            if isinstance(record.content, Instances) and record.size is not None:
                image = _image(record.image_url, record.size)
                image["id"] = numbers.add(image["file_name"])
                images.add(image)
                for item in record.content.items:
                    number = classes.number(item.label)
                    annotations.add(_annotation(item, record.size, annotations.count + 1, image["id"], number))
        stream.write(b'\n],"annotations":[')
        waiting.seek(0)
        shutil.copyfileobj(waiting, stream)
        stream.write(b'\n],"categories":[')
        categories = _Rows(stream)
        for name, number in classes.names.items():
            if name.strip():
                above = clean(options.supercategories.get(name, ""), NOT_IN_JSON)
                categories.add({"id": number, "name": name, "supercategory": above})
        stream.write(b"\n]}\n")
    return Writing((path,), images.count, annotations.count)


def write_results(path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
    """Write `records` as a list of results."""
    classes, numbers = ClassNumbers(options), ImageNumbers()
    written = 0
    with path.open("wb") as stream:
        stream.write(b"[")
        results = _Rows(stream)
        for record in records:
            if isinstance(record.content, Instances) and record.size is not None:
                name = record.image_url
                image = {"image_id": numbers.find(path_in_datastore(name) or name), "file_name": name}
                written += 1
                for item in record.content.items:
                    results.add({**image, **_result(item, record.size, classes.number(item.label))})
        stream.write(b"\n]\n")
    return Writing((path,), written, results.count)


def _image(image_url: str, size: Size) -> dict[str, Any]:
    path = path_in_datastore(image_url)
    address = {"coco_url": image_url} if path else {}
    return {"id": 0, "width": size[0], "height": size[1], "file_name": path or image_url, **address}


def _annotation(item: Instance, size: Size, number: int, image: int, category: int) -> dict[str, Any]:
    box, (shape, area) = box_in_pixels(item.box, size), _shape(item, size)
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "iscrowd": int(bool(item.is_crowd)),
        "bbox": box,
        "area": area if shape else box[2] * box[3],
        "segmentation": shape,
    }


def _result(item: Instance, size: Size, category: int) -> dict[str, Any]:
    shape, _ = _shape(item, size)
    return {
        "category_id": category,
        "category_name": clean(item.label, NOT_IN_JSON),
        "bbox": box_in_pixels(item.box, size),
        "score": item.score,
        **({"segmentation": shape} if shape else {}),
    }


def _shape(item: Instance, size: Size) -> tuple[Any, float]:
    """The segmentation of an object, and its area in pixels; ([], 0) for a plain box."""
    runs = mask_of(item, size)
    if runs is not None:
        return {"size": [runs.height, runs.width], "counts": pack_counts(runs)}, runs.area
    rings = [_ring_in_pixels(ring, size) for ring in item.polygons]
    return rings, sum(ring_area(tuple(ring)) for ring in rings)


def _ring_in_pixels(ring: Segment, size: Size) -> list[float]:
    """As `points_in_pixels`, flat; at once where 9 decimals read back the same up to the last digit of a float."""
    fractions = np.array(ring).reshape(-1, 2)
    pixels = np.round(fractions * size, _DIGITS) + 0.0
    if (np.abs(pixels / size - fractions) <= _LAST_DIGIT * np.abs(fractions)).all():
        return pixels.ravel().tolist()
    return [value for point in points_in_pixels(ring, size) for value in point]


def box_in_pixels(box: Box, size: Size) -> list[float]:
    """[x, y, width, height] that divided by the size give the very edges of the box again."""
    x, width = _span(box.x_min, box.x_max, size[0])
    y, height = _span(box.y_min, box.y_max, size[1])
    return [x, y, width, height]


def _span(low: float, high: float, side: int) -> tuple[float, float]:
    start = to_pixels(low, side)
    return start, neat(high * side - start, lambda length: (start + length) / side, high)
