"""The demo on disk: four folders, one a task, with images, labels, the clean truth, and the list of planted errors."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from demo.backdrops import HEIGHT, WIDTH
from demo.planted import PlantedError, plant_errors
from demo.scenes import Scene, draw_scene, draw_single
from domain.errors import InputError
from domain.prediction import Content, Instance, Instances, Labels, Task
from domain.progress import Report, ignore_progress

DEFAULT_IMAGES = 60
DEFAULT_SEED = 7

FOLDERS: Mapping[Task, str] = {
    Task.CLASSIFICATION: "classification",
    Task.MULTILABEL: "multilabel",
    Task.DETECTION: "detection",
    Task.SEGMENTATION: "segmentation",
}
"""Task -> its folder inside the demo."""

URL_PREFIX = (
    "azureml://subscriptions/my-subscription-id/resourcegroups/my-resource-group/workspaces/my-workspace"
    "/datastores/my-datastore/paths/"
)

QUALITY = 88
"""Of the JPEG files."""


def write_dataset(
    folder: Path, *, images: int = DEFAULT_IMAGES, seed: int = DEFAULT_SEED, report: Report = ignore_progress
) -> None:
    """Draw the demo data set: the same seed gives the same bytes.

    Each task gets its own folder (see `FOLDERS`) with images/*.jpg, labels.jsonl (Azure AutoML JSONL, about 8 % of
    the labels wrong), truth.jsonl (the same lines, all right) and planted_errors.jsonl (one error a line).

    Args:
        folder: Created when missing; files of the same names are replaced.
        images: How many for each task.
        seed: Of scenes and planted errors.
        report: Called with (images written, images in all).

    Raises:
        InputError: `images` is below 1 or `seed` is negative.
    """
    if images < 1 or seed < 0:
        raise InputError(
            f"A demo of {images} images with seed {seed} cannot be drawn.",
            remedy="Ask for at least 1 image, and a seed of 0 or more.",
        )
    for place, task in enumerate(FOLDERS):
        write_task(folder / FOLDERS[task], task, images=images, seed=seed, report=shift_report(report, place, images))


def shift_report(report: Report, place: int, images: int) -> Report:
    """Tell the progress of one task as part of all."""
    return lambda done, _: report(place * images + done, len(FOLDERS) * images)


def write_task(folder: Path, task: Task, *, images: int, seed: int, report: Report = ignore_progress) -> None:
    """Draw the folder of one task; arguments as for `write_dataset`."""
    truth, urls = [], []
    for index in range(images):
        scene = draw_for(task, seed, index)
        name = f"images/fridge_{index + 1:04d}.jpg"
        write_file(folder / name, encode_jpeg(scene.picture))
        truth.append(truth_of(scene, task))
        urls.append(f"{URL_PREFIX}{folder.name}/{name}")
        report(index + 1, images)
    given, errors = plant_errors(np.random.default_rng([seed, place_of(task), images]), truth, task)
    write_lines(folder / "labels.jsonl", map(record, urls, given, [task] * images))
    write_lines(folder / "truth.jsonl", map(record, urls, truth, [task] * images))
    write_lines(folder / "planted_errors.jsonl", (error_record(error, urls, task) for error in errors))


def place_of(task: Task) -> int:
    return list(FOLDERS).index(task)


def draw_for(task: Task, seed: int, index: int) -> Scene:
    """The scene number `index` of a task's folder, drawn again until an object can be seen."""
    draw: Callable[[np.random.Generator], Scene] = draw_single if task is Task.CLASSIFICATION else draw_scene
    rng = np.random.default_rng([seed, 10 + place_of(task), index])
    while True:
        scene = draw(rng)
        if scene.objects:
            return scene


def truth_of(scene: Scene, task: Task) -> Content:
    """What is right to say about the scene."""
    if task is Task.CLASSIFICATION:
        return Labels({scene.main: 1.0})
    if task is Task.MULTILABEL:
        return Labels(dict.fromkeys(scene.labels, 1.0))
    return Instances(scene.objects)


def record(url: str, content: Content, task: Task) -> dict[str, Any]:
    """One line of Azure AutoML JSONL, keys in the order of Azure's own samples."""
    details = {"format": "jpg", "width": WIDTH, "height": HEIGHT}
    return {"image_url": url, "image_details": details, "label": label_value(content, task)}


def label_value(content: Content, task: Task) -> Any:
    if isinstance(content, Instances):
        return [object_value(thing, task) for thing in content.items]
    return content.names[0] if task is Task.CLASSIFICATION else list(content.names)


def object_value(thing: Instance, task: Task) -> dict[str, Any]:
    if task is Task.SEGMENTATION:
        return {"label": thing.label, "isCrowd": 0, "polygon": [list(ring) for ring in thing.polygons]}
    box = thing.box
    sides = {"topX": box.x_min, "topY": box.y_min, "bottomX": box.x_max, "bottomY": box.y_max}
    return {"label": thing.label, **sides, "isCrowd": 0}


def error_record(error: PlantedError, urls: Sequence[str], task: Task) -> dict[str, Any]:
    """One line of planted_errors.jsonl.

    `given` and `truth` are class names or objects as in labels.jsonl, or null; `given_index` and `truth_index` say
    where the object is in the label list of its line in labels.jsonl and truth.jsonl; `box` is [x_min, y_min, x_max,
    y_max] of what is given, or else of what is missing, and null for labels of whole images.
    """
    shown = error.given if error.given is not None else error.truth
    return {
        "image_url": urls[error.image],
        "kind": error.kind,
        "given_index": error.given_index,
        "truth_index": error.truth_index,
        "box": list(shown.box.as_tuple()) if isinstance(shown, Instance) else None,
        "given": error_side(error.given, task),
        "truth": error_side(error.truth, task),
    }


def error_side(side: str | Instance | None, task: Task) -> Any:
    return object_value(side, task) if isinstance(side, Instance) else side


def encode_jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    """(H, W, 3) uint8 RGB -> a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    lines = (json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")) for line in records)
    write_file(path, "".join(f"{line}\n" for line in lines).encode())


def write_file(path: Path, content: bytes) -> None:
    """Write the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
