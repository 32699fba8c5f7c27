"""Asking a model about the images of a project, or of a folder; what was predicted is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import ImageError, InputError, ModelError
from domain.explanation import RGBImage
from domain.image import ImageRef
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import Content, Instances, ModelInfo, Task
from domain.progress import Report, ignore_progress
from domain.project import Project
from services.pictures import load_picture
from services.projects import fetch_project
from services.turning import to_stored_grid
from services.workspace import Workspace
from store import predictions, projects
from store.images import list_files
from store.predictions import StoredPrediction

if TYPE_CHECKING:
    from predictors import Predictor

MODEL_MAX_SIDE = 4096
"""Models get larger images reduced to this; their own resizing discards those pixels anyway."""

_BATCH = 8
_AHEAD = 3


def attach_model(workspace: Workspace, project_id: int, spec: ModelSpec) -> ModelInfo:
    """Load a model, check that it fits the project, and make it the active one.

    Raises:
        ModelError: It cannot be loaded.
        InputError: It predicts something else than the project's labels are.
    """
    project = fetch_project(workspace, project_id)
    info = workspace.models.take(spec_for(project, spec)).info
    check_task(project, info)
    with workspace.write() as connection:
        predictions.save_model(connection, project_id, info, spec_for(project, spec))
        projects.update_project(connection, project_id, model_id=info.model_id)
        projects.add_classes(connection, project_id, _classes_to_add(project, info))
    return info


def spec_for(project: Project, spec: ModelSpec) -> ModelSpec:
    """Return `spec` with the project's task where the model could serve two: one label or several."""
    return replace(spec, task=Task.MULTILABEL.value) if project.task is Task.MULTILABEL and not spec.task else spec


def check_task(project: Project, info: ModelInfo) -> None:
    """Raise unless the model predicts what the project's labels are.

    Raises:
        InputError: It does not.
    """
    fits = info.task is project.task or (project.task is Task.DETECTION and info.task is Task.SEGMENTATION)
    if not fits:
        raise InputError(
            f"{info.name} predicts {info.task.in_words}; the project '{project.name}' is {project.task.in_words}.",
            remedy="Choose another model, or make a new project of that task.",
        )


def load_active_model(workspace: Workspace, project: Project) -> tuple[Predictor, ModelSpec]:
    """Return the project's model, loaded; see `load_model`."""
    return load_model(workspace, project.project_id, project.model_id)


def load_model(workspace: Workspace, project_id: int, model_id: str | None) -> tuple[Predictor, ModelSpec]:
    """Return one of the models of a project, loaded.

    Raises:
        InputError: The project has no such model, or only predictions from a file.
        ModelError: It cannot be loaded any more, or its checkpoint is another one now.
    """
    with workspace.read() as connection:
        stored = predictions.find_model(connection, project_id, model_id)
    if stored is None:
        raise InputError("This project has no model.", remedy="Load one on the Workspace page.")
    if stored.spec is None:
        raise InputError(
            "The predictions of this project come from a file, and no model is loaded.",
            remedy="Load the model on the Workspace page to see maps.",
        )
    predictor = workspace.models.take(stored.spec)
    if predictor.info.model_id != stored.info.model_id:
        raise ModelError(
            f"{Path(stored.spec.weights or stored.spec.architecture).name} is not the checkpoint it was when the model "
            f"was loaded. Found: {predictor.info.model_id}. Expected: {stored.info.model_id}.",
            remedy="Load the model again on the Workspace page.",
        )
    return predictor, stored.spec


def score_project(
    workspace: Workspace, project_id: int, *, model_id: str | None = None, report: Report = ignore_progress
) -> int:
    """Predict the images a model was not asked about yet; return how many there are predictions for.

    What is finished when a person cancels is kept, and not asked again.

    Args:
        workspace: The workspace.
        project_id: The project.
        model_id: One of its models; None for the active one.
        report: Told the images done, and all of them.

    Raises:
        InputError: The project has no model that can be run.
        Cancelled: A person asked to stop.
    """
    model_id = model_id or fetch_project(workspace, project_id).model_id
    predictor, spec = load_model(workspace, project_id, model_id)
    model_id = predictor.info.model_id
    with workspace.read() as connection:
        known = predictions.predicted_image_ids(connection, project_id, model_id)
        files = list_files(connection, project_id)
    wanted = [file.image for file in files if file.image.is_readable and not file.is_missing]
    waiting = [image for image in wanted if image.image_id not in known]
    done = len(wanted) - len(waiting)
    report(done, len(wanted))
    for batch in score_images(predictor, spec, waiting, max_pixels=workspace.settings.max_pixels):
        with workspace.write() as connection:
            predictions.save_predictions(connection, project_id, model_id, batch)
        done += len(batch)
        report(done, len(wanted))
    return done


def score_images(
    predictor: Predictor, spec: ModelSpec, images: Sequence[ImageRef], *, max_pixels: int
) -> Iterator[list[StoredPrediction]]:
    """Yield predictions in small batches, in order; an image that cannot be read has a problem instead of a content.

    The next batches are decoded while the model works.
    """
    size = 1 if predictor.info.task.has_objects else _BATCH
    for batch, pictures in decode_ahead(images, spec.orientation, size=size, max_pixels=max_pixels):
        yield _predict(predictor, spec, batch, pictures)


def decode_ahead(
    images: Sequence[ImageRef], orientation: InputOrientation, *, size: int, max_pixels: int
) -> Iterator[tuple[Sequence[ImageRef], list[RGBImage | ImageError]]]:
    """Yield batches of images with their pictures as a model sees them; the next ones are decoded meanwhile."""
    batches = [images[start : start + size] for start in range(0, len(images), size)]
    with ThreadPoolExecutor(1, thread_name_prefix="relook-decode") as pool:

        def decode(batch: Sequence[ImageRef]) -> Future[list[RGBImage | ImageError]]:
            return pool.submit(lambda: [_load(image, orientation, max_pixels) for image in batch])

        waiting = [decode(batch) for batch in batches[:_AHEAD]]
        for number, batch in enumerate(batches):
            pictures = waiting.pop(0).result()
            if number + _AHEAD < len(batches):
                waiting.append(decode(batches[number + _AHEAD]))
            yield batch, pictures


def lasting_prefix(model_id: str) -> str:
    """Start of the ids of all objects that a model predicts."""
    return "P" + sha256(model_id.encode()).hexdigest()[:6]


def with_lasting_ids(content: Content, model_id: str) -> Content:
    """Objects of two models never share an id, since decisions name it for good."""
    if not isinstance(content, Instances):
        return content
    prefix = lasting_prefix(model_id)
    items = (replace(item, instance_id=f"{prefix}-{number}") for number, item in enumerate(content.items))
    return Instances(tuple(items))


def _classes_to_add(project: Project, info: ModelInfo) -> tuple[str, ...]:
    # A project with labels keeps to its own classes when a model knows hundreds of others.
    return info.classes if not project.classes or len(info.classes) <= 100 else ()


def _load(image: ImageRef, orientation: InputOrientation, max_pixels: int) -> RGBImage | ImageError:
    try:
        return load_picture(Path(image.uri), orientation=orientation, max_pixels=max_pixels, max_side=MODEL_MAX_SIDE)
    except ImageError as error:
        return error


def _predict(
    predictor: Predictor, spec: ModelSpec, batch: Sequence[ImageRef], pictures: Sequence[RGBImage | ImageError]
) -> list[StoredPrediction]:
    readable = [picture for picture in pictures if not isinstance(picture, ImageError)]
    started = time.perf_counter()
    try:
        outputs = iter(predictor.predict(readable) if readable else [])
    except ImageError as error:
        pictures = [picture if isinstance(picture, ImageError) else error for picture in pictures]
        outputs = iter(())
    latency = (time.perf_counter() - started) / max(1, len(readable))
    made: list[StoredPrediction] = []
    for image, picture in zip(batch, pictures, strict=True):
        if isinstance(picture, ImageError):
            made.append(StoredPrediction(image.image_id, None, problem=str(picture)))
            continue
        turned = image.orientation if spec.orientation is InputOrientation.UPRIGHT else 1
        content = with_lasting_ids(to_stored_grid(next(outputs), turned), predictor.info.model_id)
        made.append(StoredPrediction(image.image_id, content, latency))
    return made
