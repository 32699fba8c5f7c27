"""What random maps gain on a model: measured once per model and coarseness, and what maps are compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domain.errors import ExplanationError, InputError
from domain.explanation import Target
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.progress import Report, ignore_progress
from metrics.faithfulness import STEPS, draw_null
from services.explaining import Request
from services.model_targets import ask_for_targets
from services.trust_files import load_json, model_folder, save_json
from services.watched import Passes, watch
from services.workspace import Workspace

if TYPE_CHECKING:
    from predictors import Predictor

IMAGES = 5
MAPS = 100
MAPS_OF_OBJECTS = 25
"""Fewer, since a detector takes long for a picture, and hardly any random map finds a small object."""

FEWEST = 20
_SEED = 0


def find_null(workspace: Workspace, predictor: Predictor, spec: ModelSpec, cells: int) -> list[float] | None:
    """Return by how much each random map exceeds the mean of its image; None before 20 of them were measured."""
    known = load_json(model_folder(workspace, predictor, spec) / _file_name(cells))
    excess = [value for image in known["images"] for value in image["excess"]] if known else []
    return excess if len(excess) >= FEWEST or (known and known["is_complete"] and excess) else None


def is_null_complete(workspace: Workspace, predictor: Predictor, spec: ModelSpec, cells: int) -> bool:
    """Whether `measure_null` has nothing left to do."""
    known = load_json(model_folder(workspace, predictor, spec) / _file_name(cells))
    return bool(known and known["is_complete"])


def measure_null(
    workspace: Workspace,
    predictor: Predictor,
    spec: ModelSpec,
    images: Sequence[ImageRef],
    *,
    cells: int,
    report: Report = ignore_progress,
) -> None:
    """Measure random maps about what the model says most surely on up to five images, spread over all.

    100 maps, about 1,900 pictures; 25 for detectors. Kept after every image: what is finished when a person cancels is
    not measured again.

    Raises:
        InputError: There is no image on which anything can be measured.
        Cancelled: A person asked to stop.
    """
    file = model_folder(workspace, predictor, spec) / _file_name(cells)
    max_pixels = workspace.settings.max_pixels
    like = Request(ImageRef("", "", 0, 0), Target(""), "")
    requests = ask_for_targets(predictor, spec, images, like, count=IMAGES, max_pixels=max_pixels)
    wanted = MAPS_OF_OBJECTS if predictor.info.task.has_objects else MAPS
    maps = max(2, math.ceil(wanted / max(1, len(requests))))
    passes = Passes(report, len(requests) * (3 + maps * 2 * (STEPS - 1)))
    known = {image["image_id"]: image for image in (load_json(file) or {"images": []})["images"]}
    kept: list[dict[str, Any]] = []
    for request in requests:
        passes.add(0)
        image_id = request.image.image_id
        excess = known[image_id]["excess"] if image_id in known else []
        if len(excess) != maps:
            watched = watch(predictor, spec, request, passes, max_pixels=max_pixels)
            try:
                excess = draw_null(watched.open_probe(), cells, maps=maps, seed=_SEED)
            except ExplanationError:
                continue  # nothing to watch on this image: the others serve as well
        kept.append({"image_id": image_id, "label": request.target.label, "excess": excess})
        save_json(file, _describe(predictor, cells, kept, is_complete=False))
    if not kept:
        raise InputError(
            "There is no image in this project on which random maps can be measured.",
            remedy="Predict the images first, and see whether the model finds anything.",
        )
    save_json(file, _describe(predictor, cells, kept, is_complete=True))


def _describe(
    predictor: Predictor, cells: int, images: Sequence[dict[str, Any]], *, is_complete: bool
) -> dict[str, Any]:
    return {
        "model_id": predictor.info.model_id,
        "cells": cells,
        "seed": _SEED,
        "steps": STEPS,
        "is_complete": is_complete,
        "images": list(images),
    }


def _file_name(cells: int) -> str:
    return f"null-{cells}.json"
