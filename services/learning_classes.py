"""What is particular to a classifier that learns: its pictures and labels, its file, and how two are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from domain.errors import InputError
from domain.explanation import RGBImage
from domain.geometry import Box
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Task
from domain.progress import Report
from domain.project import Project
from services.explaining import Model
from services.learning_data import LabelledImage, Material
from services.learning_pictures import ReadPictures, boxes_in_crop, lay_down, of_classes, turned_by
from services.learning_result import Answers, judge
from services.slow_imports import importing_torch
from training.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from predictors import Predictor
    from predictors.classifier import Classifier
    from training.examples import Examples

Objects: TypeAlias = Mapping[Path, tuple[Instance, ...]]


def network_of(predictor: Predictor) -> Any:
    """The network that learns; None where it cannot be reached."""
    return getattr(predictor, "module", None)


def read_examples(
    parent: Model,
    material: Material,
    recipe: Recipe,
    objects: Objects,
    *,
    file: Path,
    max_pixels: int,
    report: Report,
) -> tuple[Examples, list[str]]:
    """Return what is learned from, and what to know about it.

    Args:
        parent: Who learns.
        material: The images.
        recipe: How.
        objects: File -> objects on it, that hold the evidence.
        file: Where pictures are kept while they are used.
        max_pixels: Larger images cannot be read.
        report: Told images read.

    Raises:
        InputError: Too few can be read.
    """
    with importing_torch:
        from predictors.devices import choose_device  # noqa: PLC0415
        from training.examples import Examples  # noqa: PLC0415
        from training.views import Views  # noqa: PLC0415

    classifier: Classifier = parent[0]  # pyright: ignore[reportAssignmentType]
    images = [*material.learn, *material.choose]
    inside: dict[int, tuple[Box, ...]] = {}

    def see(place: int, picture: RGBImage) -> NDArray[np.uint8]:
        crop, region = classifier.crop(picture)
        each = images[place]
        found = of_classes(objects.get(Path(each.image.uri).resolve(), ()), each.names)
        inside[place] = boxes_in_crop(found, turned_by(parent[1], each.image), region)
        return crop

    read = lay_down([each.image for each in images], parent[1], see, file=file, max_pixels=max_pixels, report=report)
    kept = [images[place] for place in read.kept]
    learn, choose = divide_kept(read, material)
    own, is_multilabel = classifier.preprocessing, classifier.info.task is Task.MULTILABEL
    marks = _marks(kept, material.classes)
    examples = Examples(
        Views(read.pictures, own.mean, own.std, choose_device(recipe.device)),
        marks if is_multilabel else marks.argmax(axis=1).astype(np.int64),
        trusted(kept, recipe),
        learn,
        choose,
        {row: inside[place] for row, place in enumerate(read.kept) if inside[place]} if recipe.evidence else {},
    )
    return examples, notes_on(images, read)


def weight_facts(predictor: Predictor, spec: ModelSpec) -> dict[str, Any]:
    """What a loader reads from the header of the weights, beside classes and task."""
    classifier: Classifier = predictor  # pyright: ignore[reportAssignmentType]
    own, (height, width) = classifier.preprocessing, classifier.preprocessing.input_size
    normal = {"mean": own.mean, "std": own.std}
    if spec.runtime == "demo":
        return {"builder": "demo_classifier", "height": height, "width": width, **normal}
    return {"resize": getattr(own, "resize", height), "crop": width, **normal}


def compare(images: Sequence[LabelledImage], answers: Answers, project: Project) -> dict[str, Any]:
    """Return figures of both, and the images on which they differ; see `services.learning_result.judge`."""
    return judge(images, answers, is_multilabel=project.task is Task.MULTILABEL)


def divide_kept(read: ReadPictures, material: Material) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the pictures to learn from, and of those that choose the epoch.

    Raises:
        InputError: None of the one or of the other can be read.
    """
    is_learned = np.array([place < len(material.learn) for place in read.kept])
    if not is_learned.any() or is_learned.all():
        raise InputError("The images to learn from, or those that choose the epoch, cannot be read.")
    return np.flatnonzero(is_learned), np.flatnonzero(~is_learned)


def trusted(images: Sequence[LabelledImage], recipe: Recipe) -> NDArray[np.bool_]:
    """(N,) whether the label of an image counts."""
    return np.array([bool(each.decision) or recipe.data.trusts_untouched for each in images])


def notes_on(images: Sequence[LabelledImage], read: ReadPictures) -> list[str]:
    """What is lost or rare, full sentences."""
    lost = len(images) - len(read.kept)
    few = [name for name, count in Counter(name for each in images for name in each.names).items() if count < 3]
    notes = [f"Images that cannot be read, left out: {lost:,}."] if lost else []
    return notes + ([f"Classes with fewer than 3 images: {', '.join(sorted(few))}."] if few else [])


def _marks(images: Sequence[LabelledImage], classes: Sequence[str]) -> NDArray[np.float32]:
    places = {name: place for place, name in enumerate(classes)}
    marks = np.zeros((len(images), len(places)), np.float32)
    for row, each in enumerate(images):
        marks[row, [places[name] for name in each.names]] = 1
    return marks
