"""Writing COCO labels and results lists, an image at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
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
from formats.coco.shapes import Size

_LARGEST_NUMBER = 2**53
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
    classes = _ClassNumbers(options.classes)
    with path.open("wb") as stream, tempfile.TemporaryFile(dir=path.parent) as waiting:
        stream.write(b'{"info":{},"licenses":[],"images":[')
        images, annotations = _Rows(stream), _Rows(waiting)
        for record in records:
            if isinstance(record.content, Instances) and record.size is not None:
                images.add(_image(record.image_url, record.size, images.count + 1))
                for item in record.content.items:
                    number = classes.number(item.label)
                    annotations.add(_annotation(item, record.size, annotations.count + 1, images.count, number))
        stream.write(b'\n],"annotations":[')
        waiting.seek(0)
        shutil.copyfileobj(waiting, stream)
        stream.write(b'\n],"categories":[')
        categories = _Rows(stream)
        for name, number in classes.names.items():
            if name.strip():
                categories.add({"id": number, "name": name, "supercategory": ""})
        stream.write(b"\n]}\n")
    return Writing((path,), images.count, annotations.count)


def write_results(path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
    """Write `records` as a list of results."""
    classes, images = _ClassNumbers(options.classes), ImageNumbers()
    written = 0
    with path.open("wb") as stream:
        stream.write(b"[")
        results = _Rows(stream)
        for record in records:
            if isinstance(record.content, Instances) and record.size is not None:
                name = images.name(record.image_url)
                written += 1
                for item in record.content.items:
                    results.add({**name, **_result(item, record.size, classes.number(item.label))})
        stream.write(b"\n]\n")
    return Writing((path,), written, results.count)


class ImageNumbers:
    """Gives images the number their file is called by, as COCO's are (000000000139.jpg is 139), or else their name."""

    def __init__(self) -> None:
        self._owners: dict[int, str] = {}

    def name(self, image_url: str) -> dict[str, Any]:
        """The keys that name an image in a result; the number comes with `file_name`, which COCO's tools pass over."""
        stem = PurePosixPath(image_url).stem
        number = int(stem) if stem.isascii() and stem.isdigit() and len(stem) <= 16 else _LARGEST_NUMBER + 1
        if number > _LARGEST_NUMBER or self._owners.setdefault(number, image_url) != image_url:
            return {"image_id": image_url, "file_name": image_url}
        return {"image_id": number, "file_name": image_url}


class _ClassNumbers:
    """Gives classes their numbers: from 1 in the order of the options, others behind."""

    def __init__(self, classes: Iterable[str]) -> None:
        self.names: dict[str, int] = {}
        self._next = 1
        for name in classes:
            self.names.setdefault(clean(name, NOT_IN_JSON), self._next)
            self._next += 1

    def number(self, label: str) -> int:
        name = clean(label, NOT_IN_JSON)
        if name not in self.names:
            self.names[name] = self._next
            self._next += 1
        return self.names[name]


def _image(image_url: str, size: Size, number: int) -> dict[str, Any]:
    path = path_in_datastore(image_url)
    address = {"coco_url": image_url} if path else {}
    return {"id": number, "width": size[0], "height": size[1], "file_name": path or image_url, **address}


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
