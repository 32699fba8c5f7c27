"""What a model is to learn from, for EazyML's online learning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import FormatError, ImageError
from domain.explanation import RGBImage
from services.eazyml_cases import open_picture
from services.eazyml_functions import Functions
from services.eazyml_tables import Row
from services.explaining import Model
from training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be learned.

    Attributes:
        model: The parent.
        new: Rows to learn from.
        old: Rows the model was trained with, where the strategy takes them.
        choose: Rows that judge it.
        recipe: How.
        functions: Of the caller.
        file: Where the new weights go.
    """

    model: Model
    new: list[Row]
    old: list[Row]
    choose: list[Row]
    recipe: Recipe
    functions: Functions
    file: Path


def open_for_learning(row: Row, functions: Functions) -> RGBImage:
    """Return the picture of a row as the caller's function wants it.

    Raises:
        FormatError: It cannot be read.
    """
    try:
        return functions.prepare(open_picture(row.image))
    except ImageError as error:
        raise FormatError(f"An image cannot be read: {error}", where=row.where) from error


def metadata_of(task: Task) -> dict[str, str]:
    """Return what a loader reads from the header of the weights."""
    predictor, _ = task.model
    facts: dict[str, Any] = {"classes": predictor.info.classes}
    if predictor.info.runtime == "demo":
        height, width = predictor.info.input_size or (0, 0)
        facts |= {"builder": "demo_classifier", "height": height, "width": width, "task": predictor.info.task.value}
    own = getattr(predictor, "preprocessing")  # noqa: B009 - every model that can learn has one
    return {name: json.dumps(value) for name, value in {**facts, "mean": own.mean, "std": own.std}.items()}
