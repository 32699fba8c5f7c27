"""A semantic model that learns from masks."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from domain.errors import FormatError, ModelError
from domain.explanation import RGBImage
from domain.geometry import bounding_box
from domain.prediction import Instance, Instances
from formats.base.masks import trace
from services.eazyml_tables import Row, read_classes_of_pixels
from services.eazyml_task import Task, metadata_of, open_for_learning
from services.slow_imports import importing_torch

if TYPE_CHECKING:
    from predictors.semantic import SemanticNetwork


def learn_regions(task: Task) -> dict[str, tuple[float, ...]]:
    """Train a copy of a semantic model, and write it.

    All pictures have one size: that in which the model sees them or, where those differ, a square.

    Returns:
        The loss of every epoch.

    Raises:
        FormatError: The strategy or the images do not go with it.
        ModelError: The loss is no number any more.
    """
    with importing_torch:
        from predictors.semantic import SemanticNetwork  # noqa: PLC0415
        from training.checkpoint import save_checkpoint  # noqa: PLC0415
        from training.dense import fit_dense  # noqa: PLC0415
        from training.layers import dropping, freeze_all_but  # noqa: PLC0415
        from training.loop import Schedule  # noqa: PLC0415

    model, recipe = task.model[0], task.recipe
    assert isinstance(model, SemanticNetwork)  # noqa: S101  what was asked before
    rows = [*task.new, *task.old]
    _check(model, task, rows)
    pictures = _pictures(model, [open_for_learning(row, task.functions) for row in rows])
    network = deepcopy(model.pixel_network).float().requires_grad_(requires_grad=True)
    if recipe.layers.freezes:
        freeze_all_but(network, recipe.trainable_layers)
    schedule = Schedule(recipe.epochs, recipe.batch_size, recipe.learning_rate, recipe.weight_decay, recipe.seed)
    outputs = len(model.outputs) + 1
    with dropping(network, outputs, recipe.dropout if recipe.layers.drops else 0.0):
        losses = fit_dense(
            network,
            pictures,
            [_objects(row, model.outputs, (pictures.shape[1], pictures.shape[2])) for row in rows],
            classes=list(model.info.classes),
            mean=model.preprocessing.mean,
            std=model.preprocessing.std,
            schedule=schedule,
        )
    if not all(map(math.isfinite, losses)):
        raise ModelError("The loss is no number any more.", remedy="Start again with a lower learning rate.")
    save_checkpoint(network.get_submodule("network"), task.file, metadata=metadata_of(task), half=False)
    return {"loss": tuple(losses)}


def _check(model: SemanticNetwork, task: Task, rows: list[Row]) -> None:
    if task.recipe.data.distils:
        raise FormatError(
            "knowledge-distillation is for classifiers here.", remedy="Use fine-tuning or joint-training."
        )
    if sorted(model.outputs) != list(range(1, len(model.outputs) + 1)):
        raise FormatError("A semantic model learns here where its output 0 is the background.")
    if len(rows) < 2:
        raise FormatError(f"There are {len(rows)} images to learn from; expected 2 or more.")


def _pictures(model: SemanticNetwork, pictures: list[RGBImage]) -> RGBImage:
    crops = [model.crop(picture)[0] for picture in pictures]
    if len({crop.shape for crop in crops}) > 1:
        height, width = model.preprocessing.input_size
        crops = [np.asarray(Image.fromarray(crop).resize((width, height))) for crop in crops]
    return np.stack(crops)


def _objects(row: Row, names: dict[int, str], size: tuple[int, int]) -> Instances:
    """Return the regions of a mask as outlines that fill exactly its pixels."""
    truth = read_classes_of_pixels(row, names, size)
    items: list[Instance] = []
    for place, name in names.items():
        rings = trace(truth == place)
        box = bounding_box(rings)
        if box is not None:
            items.append(Instance(f"r{place}", name, box, polygons=rings))
    return Instances(tuple(items))
