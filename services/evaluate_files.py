"""Holding a prediction file, or a model, against a label file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import FormatError, InputError
from domain.model_spec import ModelSpec
from domain.prediction import Content, ModelInfo, Task, class_names
from domain.progress import Report, ignore_progress
from domain.settings import read_settings
from formats.azure.image_fields import declared_size
from formats.azure.labels import parse_labels
from formats.azure.predictions import parse_predictions
from formats.azure.source import merge_records
from formats.base import ParsedFile, Record
from formats.image_index import ImageIndex
from services.evaluating import GRID, Pair, Scores, evaluate
from services.line_files import open_line_file
from services.loose_images import LooseImages, refer
from services.scoring import score_images

if TYPE_CHECKING:
    from predictors import Predictor

_MOST_PIXELS = 100_000_000  # of the grid masks are compared on; a file may declare anything


@dataclass(frozen=True, slots=True)
class LabelFile:
    """The usable labels of a file.

    Attributes:
        name: Of the file.
        records: Its usable lines.
        refused: Lines with an error; what can be understood of them is compared all the same.
        unusable: Lines nothing can be understood of.
    """

    name: str
    task: Task
    records: tuple[Record, ...]
    refused: int
    unusable: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was compared with what, and the numbers.

    Attributes:
        model: Whose predictions they are.
        labels: Name of the label file.
        labelled: Images the label file speaks about.
        scores: The numbers.
        notes: What was left out, and what else to know, full sentences.
        problems: Why an image could not be predicted.
    """

    model: str
    labels: str
    labelled: int
    scores: Scores
    notes: tuple[str, ...]
    problems: tuple[str, ...] = ()


def read_label_file(file: Path) -> LabelFile:
    """Read labels to compare with.

    Raises:
        FormatError: The file cannot be opened, or holds no label.
    """
    parsed = parse_labels(_lines_of(file), file=file.name)
    task = parsed.task
    usable = [record for record in parsed.records if record.content is not None and record.image_url]
    if task is None or not usable:
        raise _useless(parsed, file.name, "labels")
    return LabelFile(
        name=file.name,
        task=task,
        records=tuple(usable),
        refused=sum(record.is_refused for record in usable),
        unusable=len(parsed.records) - len(usable),
    )


def _lines_of(file: Path) -> Iterable[bytes]:
    return open_line_file(file.expanduser(), max_bytes=read_settings().max_file_bytes).lines()


def evaluate_predictions(
    labels: LabelFile, file: Path, *, images: LooseImages | None = None, threshold: float = 0.5
) -> Evaluation:
    """Compare a prediction file with labels, matched by the ends of their paths, or by way of the image files.

    Raises:
        FormatError: The file cannot be opened, or holds no prediction for the task of the labels.
        InputError: No image has both.
    """
    parsed = parse_predictions(_lines_of(file), file=file.name, task=labels.task)
    usable = [record for record in parsed.records if record.content is not None and record.image_url]
    if not usable:
        raise _useless(parsed, file.name, f"predictions for {labels.task.in_words}")
    contents = {record.image_url: record.content for record in usable if record.content is not None}
    places = _Places(images.paths if images else (url.replace("\\", "/") for url in contents))
    predicted = {place: content for url, content in contents.items() if (place := places.find(url))}
    unplaced = len(contents) - len(predicted)
    notes = [
        *_count(len(parsed.records) - len(usable), "Prediction lines that cannot be used"),
        *_count(unplaced, "Predictions of images that are not in the folder, or there twice"),
    ]
    return _compare(labels, places, predicted, threshold=threshold, model=file.name, notes=notes)


def evaluate_model(
    predictor: Predictor,
    spec: ModelSpec,
    labels: LabelFile,
    images: LooseImages,
    *,
    threshold: float = 0.5,
    max_pixels: int,
    report: Report = ignore_progress,
) -> Evaluation:
    """Ask a model about every labelled image and compare.

    Raises:
        InputError: The model predicts something else than the labels are, or no labelled image is in the folder.
        Cancelled: A person asked to stop.
    """
    _check_task(predictor.info, labels)
    places = _Places(images.paths)
    wanted, _ = places.gather(labels)
    chosen = [(place, images.paths[place]) for place in wanted]
    predicted: dict[str, Content] = {}
    problems: list[str] = []
    refs = refer(chosen, orientation=spec.orientation, max_pixels=max_pixels)
    for batch in score_images(predictor, spec, refs, max_pixels=max_pixels):
        for made in batch:
            if made.content is not None:
                predicted[made.image_id] = made.content
            else:
                problems.append(made.problem)
        report(len(predicted) + len(problems), len(chosen))
    notes = _count(len(problems), "Labelled images that cannot be read")
    made = _compare(labels, places, predicted, threshold=threshold, model=predictor.info.model_id, notes=notes)
    unknown = sorted({name for name in _class_names(labels) if name not in predictor.info.classes})
    more = [f"The model has no class {', '.join(map(repr, unknown[:5]))}; it cannot be right there."] if unknown else []
    return replace(made, notes=(*made.notes, *more), problems=tuple(problems))


def spec_for(labels: LabelFile, spec: ModelSpec) -> ModelSpec:
    """Return `spec` with the task of the labels where the model could serve two: one label or several."""
    return replace(spec, task=labels.task.value) if labels.task is Task.MULTILABEL and not spec.task else spec


class _Places:
    """One name for each image, found by any address of it.

    Attributes:
        by_name: Addresses that agree with an image in the file name alone, though both name folders.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._index = ImageIndex(paths)
        self.by_name: set[str] = set()

    def find(self, image_url: str) -> str:
        """The name of the image, or "" when no image or no single one fits."""
        match = self._index.find(image_url)
        if match.path and match.parts == 1 and "/" in match.path.strip("/") and "/" in image_url:
            self.by_name.add(image_url)
        return match.path or ""

    def gather(self, labels: LabelFile) -> tuple[dict[str, Record], int]:
        """What all lines about an image say together, by its name; and how many images have no name here."""
        groups: dict[str, list[Record]] = {}
        unplaced: set[str] = set()
        for record in labels.records:
            place = self.find(record.image_url)
            if place:
                groups.setdefault(place, []).append(record)
            else:
                unplaced.add(record.image_url)
        return {place: merge_records(group, task=labels.task) for place, group in groups.items()}, len(unplaced)


def _compare(
    labels: LabelFile,
    places: _Places,
    predicted: Mapping[str, Content],
    *,
    threshold: float,
    model: str,
    notes: Sequence[str],
) -> Evaluation:
    records, unplaced = places.gather(labels)
    pairs = [
        Pair(place, record.content, predicted[place], _grid_of(record))
        for place, record in records.items()
        if place in predicted and record.content is not None
    ]
    if not pairs:
        raise _nothing_in_common(labels, predicted)
    scores = evaluate(pairs, labels.task, threshold=threshold)
    labelled = len(records) + unplaced
    left_out = [
        *_count(labelled - len(pairs), "Labelled images without a prediction, left out"),
        *_count(len(predicted) - len(pairs), "Predicted images without a label, left out"),
        *_count(len(places.by_name), "Images matched by their file name alone, in different folders"),
        *_count(labels.unusable, "Label lines that cannot be used"),
        *_count(labels.refused, "Label lines with errors, which `validate` lists"),
    ]
    return Evaluation(model, labels.name, labelled, scores, (*left_out, *notes, *scores.notes))


def _grid_of(record: Record) -> tuple[int, int]:
    width, height = declared_size(record.fields) or GRID
    return (width, height) if width * height <= _MOST_PIXELS else GRID


def _class_names(labels: LabelFile) -> set[str]:
    return {name for record in labels.records for name in class_names(record.content)}


def _check_task(info: ModelInfo, labels: LabelFile) -> None:
    if info.task is labels.task or (labels.task is Task.DETECTION and info.task is Task.SEGMENTATION):
        return
    raise InputError(
        f"{info.name} predicts {info.task.in_words}; the labels are {labels.task.in_words}.",
        where=labels.name,
        remedy="Choose another model or other labels.",
    )


def _count(number: int, words: str) -> list[str]:
    return [f"{words}: {number:,}."] if number else []


def _useless(parsed: ParsedFile, name: str, wanted: str) -> FormatError:
    first = next(iter(parsed.all_findings), None)
    detail = f" First finding, {first.place or 'the whole file'}: {first.message}" if first else ""
    return FormatError(
        f"No line holds {wanted}, of {len(parsed.records):,} in all.{detail}",
        where=name,
        remedy="`validate` lists everything that is wrong.",
    )


def _nothing_in_common(labels: LabelFile, predicted: Mapping[str, Content]) -> InputError:
    label, prediction = labels.records[0].image_url, next(iter(predicted), "none")
    return InputError(
        f"No labelled image has a prediction. The labels name for example {label}, the predictions {prediction}.",
        where=labels.name,
        remedy="Choose the files that belong together, or give --images, the folder both speak about.",
    )
