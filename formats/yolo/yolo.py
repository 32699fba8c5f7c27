"""YOLO detect and segment: a folder with data.yaml and a text of rows for every image (formats.md 8.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from domain.errors import FormatError
from domain.prediction import Instance, Task
from formats.base import (
    FORMATS,
    FileReport,
    FileStart,
    Format,
    ReadOptions,
    Record,
    Role,
    WriteOptions,
    Writing,
)
from formats.base.characters import NOT_IN_JSON, clean
from formats.base.fitting import Loss, Losses, split_rings
from formats.base.objects import Limits, fit_content, fit_names, fit_object
from formats.yolo.class_list import YAML_SUFFIXES, find_yaml
from formats.yolo.paths import fit_path
from formats.yolo.reading import DataSetReader, looks_like_rows
from formats.yolo.splits import splits_of_lists
from formats.yolo.writing import DataSetWriter

_LIMITS = Limits(NOT_IN_JSON, clips=True, boxes=False)
_NAMED_BY = (*YAML_SUFFIXES, ".txt")


class Yolo(Format):
    """Boxes or outlines with class numbers; data.yaml names the classes, train.txt the images.

    Predictions lie in a folder "predictions", with the score at the end of each row. A row with an even number of
    values, from 6, ends with a score.
    The pictures are upright: Ultralytics reads them with OpenCV, which turns them by their EXIF tag, and takes sizes
    with the sides swapped accordingly (ultralytics/data/utils.py, `exif_size`).
    """

    name = "yolo"
    title = "YOLO"
    summary = "Text file for every image and data.yaml"
    roles = frozenset({Role.LABEL, Role.PREDICTION})
    tasks = frozenset({Task.DETECTION, Task.SEGMENTATION})
    suffix = ""
    is_upright = True
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.CROWD: "There is no crowd flag.",
        Loss.SEGMENTS: "A row holds one outline: an object of several becomes several objects.",
        Loss.HOLES: "Outlines have no holes: they are filled.",
        Loss.CLIPPED: "Ultralytics leaves out images with coordinates outside 0 to 1: they are moved to the edge.",
        Loss.POLYGONS: "Outlines without an area; in object detection all outlines.",
        Loss.SCORES: "Labels have no scores.",
        Loss.OBJECTS: "Objects without area or class, predictions without score, and in segmentation plain boxes.",
        Loss.NAMES: "Images are named by relative paths without line breaks; halves of letters cannot be held.",
        Loss.FACTS: "There is no model, latency or time.",
    }

    def recognises(self, start: FileStart) -> bool:
        if start.head:
            return start.path.suffix.lower() in YAML_SUFFIXES and find_yaml(start.path.parent) == start.path
        return find_yaml(start.path) is not None or looks_like_rows(start.path)

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        yield from DataSetReader(_root_of(path), options, report).read()

    def read_splits(self, path: Path) -> Callable[[str], str]:
        return splits_of_lists(_root_of(path))

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        known = {*options.classes, *(clean(name, NOT_IN_JSON) for name in options.classes)}

        def fit_item(item: Instance, where: str) -> Iterator[Instance]:
            if item.label.strip() and item.label not in known:
                losses.note(Loss.OBJECTS, where, f"its class '{item.label[:60]}' has no number")
                return
            whole = fit_object(item, _LIMITS, record, losses, where, task=options.task)
            if whole is not None:
                yield from split_rings(whole, losses, where)

        named = fit_path(fit_names(record, _LIMITS, losses), losses)
        return fit_content(named, options, losses, fit_item=fit_item)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        with DataSetWriter(path, options.classes) as writer:
            for record in records:
                writer.add(record)
        return writer.writing


def _root_of(path: Path) -> Path:
    """The folder of the data set: the one named, or the one around the file that is named for it."""
    if path.is_dir():
        return path
    if path.suffix.lower() not in _NAMED_BY:
        kinds = ", ".join(_NAMED_BY)
        message = f"Found: {path.name}. Expected: the folder of a data set, or one of its files ({kinds})."
        raise FormatError(message, where=path.name, remedy="Choose the folder with data.yaml or the folder labels.")
    return path.parent


FORMATS.register(Yolo.name, Yolo)
