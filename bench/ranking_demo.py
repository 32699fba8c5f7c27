"""The demo's planted errors as cases for the ranking benchmark: labels, predictions, and which images are spoilt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.dataset import write_task
from demo.recipe import TRAINING_SEED
from domain.model_spec import ModelSpec
from domain.prediction import Content, Task
from formats.azure.labels import parse_labels
from formats.azure.predictions import parse_predictions
from sampling import Embeddings
from services.loose_images import list_images
from services.model_catalogue import DEMO_MODELS
from services.model_shelf import ModelShelf
from services.pictures import load_picture
from services.score_folder import score_folder

MAX_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """Images with given labels and out-of-sample predictions, and what is wrong with the labels.

    Attributes:
        name: For the tables.
        given: One content an image, some of them wrong.
        predicted: One content an image.
        kinds: What is wrong with each image's label; "" when it is right.
        embeddings: (N, D), what the model sees in each image.
    """

    name: str
    task: Task
    seed: int
    given: tuple[Content, ...]
    predicted: tuple[Content, ...]
    kinds: tuple[str, ...]
    embeddings: Embeddings

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """(N,) whether an image's label holds an error."""
        return np.array([bool(kind) for kind in self.kinds])


def make_demo_case(folder: Path, task: Task, *, seed: int, images: int) -> Case:
    """Draw, spoil and predict the demo of one task, or read what an earlier run left in `folder`.

    Raises:
        ValueError: `seed` is the one the demo models were trained on.
    """
    if seed == TRAINING_SEED:
        raise ValueError(f"Seed {seed} is the one of the training scenes.")
    place = _place(folder, task, seed, images)
    predictions = place / "predictions.jsonl"
    if not predictions.exists():
        write_task(place, task, images=images, seed=seed)
        spec = ModelSpec(DEMO_MODELS[task])
        score_folder(ModelShelf().take(spec), spec, list_images(place / "images"), predictions, max_pixels=MAX_PIXELS)
    given = _read(place / "labels.jsonl", task)
    predicted = _read(predictions, task)
    errors = [json.loads(line) for line in (place / "planted_errors.jsonl").read_text().splitlines()]
    kinds = {Path(error["image_url"]).name: error["kind"] for error in errors}
    names = sorted(given)
    return Case(
        f"demo, {task.in_words}",
        task,
        seed,
        tuple(given[name] for name in names),
        tuple(predicted[name] for name in names),
        tuple(kinds.get(name, "") for name in names),
        _embed(place, task, names),
    )


def pictures_of(folder: Path, case: Case) -> list[Path]:
    """The images of a case made in `folder`, in its order."""
    return sorted((_place(folder, case.task, case.seed, len(case.kinds)) / "images").glob("*.jpg"))


def _place(folder: Path, task: Task, seed: int, images: int) -> Path:
    return folder / f"{task.value}-{seed}-{images}"


def _embed(place: Path, task: Task, names: Sequence[str]) -> Embeddings:
    """What the demo model sees in the images, computed once and kept beside them."""
    file = place / "embeddings.npy"
    if not file.exists():
        model = ModelShelf().take(ModelSpec(DEMO_MODELS[task]))
        pictures = (load_picture(place / "images" / name, max_pixels=MAX_PIXELS) for name in names)
        np.save(file, np.concatenate([model.embed([picture]) for picture in pictures]))
    return np.load(file)


def _read(file: Path, task: Task) -> dict[str, Content]:
    """File name of an image -> what the file says about it."""
    lines = file.read_bytes().splitlines()
    parsed = (
        parse_labels(lines, file=file.name)
        if file.name == "labels.jsonl"
        else parse_predictions(lines, file=file.name, task=task)
    )
    return {Path(record.image_url).name: record.content for record in parsed.records if record.content is not None}
