"""What EazyML's four image functions are asked: checked as its own package does (formats.md 7.1 to 7.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import FormatError
from formats.eazyml.options import ACTIVE_LEARNING, EVALUATE, EXPLAIN, ONLINE_LEARNING, Options, parse_options
from formats.eazyml.predictions import PREDICTIONS

Exists = Callable[[str], bool]
_DEFAULT_PICTURE = "./xai_image.jpg"
_KNOWLEDGE_OF_OLD_DATA = {"joint-training", "knowledge-distillation"}


def _exists(path: str) -> bool:
    return Path(path).exists()


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """A call of `ez_xai_image_explain`.

    Attributes:
        filenames: Images.
        model_path: The model.
        predicted_filenames: The prediction of each image, .csv or .npy.
        picture_paths: Where the picture of each explanation goes.
        options: With defaults.
        is_list: The caller gave lists, not single texts.
    """

    filenames: tuple[str, ...]
    model_path: str
    predicted_filenames: tuple[str, ...]
    picture_paths: tuple[str, ...]
    options: Options
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class ActiveLearningRequest:
    """A call of `ez_image_active_learning`; `query_count` is the number of images where the caller names none."""

    filenames: tuple[str, ...]
    model_path: str
    predicted_filenames: tuple[str, ...]
    query_count: int
    options: Options


@dataclass(frozen=True, slots=True)
class TableRequest:
    """A call of `ez_image_online_learning` or `ez_image_model_evaluate`: a CSV of inputs and labels, and a model."""

    data_path: str
    model_path: str
    options: Options


def parse_explain(
    filename: Any, model_path: Any, predicted_filename: Any, options: Any = None, *, exists: Exists = _exists
) -> ExplainRequest:
    """Check a call of `ez_xai_image_explain`.

    Args:
        filename: One image, or a list.
        model_path: The model.
        predicted_filename: One prediction, or a list as long.
        options: A dictionary, or None.
        exists: Tells whether there is a file at a path.

    Raises:
        FormatError: Something is of the wrong kind, missing, or does not fit the rest.
    """
    if isinstance(filename, list) is not isinstance(predicted_filename, list):
        raise FormatError("filename and predicted_filename - both must be str or list.")
    is_list = isinstance(filename, list)
    filenames, predicted = _texts("filename", filename), _texts("predicted_filename", predicted_filename)
    model = _text("model_path", model_path)
    if len(filenames) != len(predicted):
        raise FormatError(f"There are {len(filenames)} filenames and {len(predicted)} predicted filenames.")
    checked = parse_options(options, EXPLAIN)
    pictures = checked.values.get("xai_image_path")
    if pictures is not None and isinstance(pictures, list) is not is_list:
        raise FormatError("xai_image_path and filename must be list or str.")
    paths = tuple(_default_pictures(len(filenames))) if pictures is None else _texts("xai_image_path", pictures)
    if len(paths) != len(filenames):
        raise FormatError("xai_image_path diff length.", remedy="Name as many pictures as images.")
    _check_paths({"filename": filenames, "model_path": (model,), "pred": predicted}, exists)
    _check_predictions(predicted)
    _check_data(checked, exists)
    return ExplainRequest(filenames, model, predicted, paths, checked, is_list)


def render_explain(request: ExplainRequest) -> dict[str, Any]:
    """The arguments of the call."""
    single = not request.is_list
    return {
        "filename": request.filenames[0] if single else list(request.filenames),
        "model_path": request.model_path,
        "predicted_filename": request.predicted_filenames[0] if single else list(request.predicted_filenames),
        "options": dict(request.options.given),
    }


def parse_active_learning(
    filenames: Any, model_path: Any, predicted_filenames: Any, options: Any = None, *, exists: Exists = _exists
) -> ActiveLearningRequest:
    """Check a call of `ez_image_active_learning`; arguments as for `parse_explain`, lists only.

    Raises:
        FormatError: Something is of the wrong kind, missing, or does not fit the rest.
    """
    for name, value in (("filenames", filenames), ("predicted_filenames", predicted_filenames)):
        if not isinstance(value, list):
            raise FormatError(f"{name} is {value!r:.80}, expected a list of strings.")
    images, predicted = _texts("filenames", filenames), _texts("predicted_filenames", predicted_filenames)
    model = _text("model_path", model_path)
    if len(images) != len(predicted):
        raise FormatError("Filenames & predicted_filenames should have same length.")
    checked = parse_options(options, ACTIVE_LEARNING)
    _check_paths({"filenames": images, "model_path": (model,), "pred": predicted}, exists)
    _check_predictions(predicted)
    _check_data(checked, exists)
    return ActiveLearningRequest(images, model, predicted, checked.values.get("query_count", len(images)), checked)


def render_active_learning(request: ActiveLearningRequest) -> dict[str, Any]:
    """The arguments of the call."""
    return {
        "filenames": list(request.filenames),
        "model_path": request.model_path,
        "predicted_filenames": list(request.predicted_filenames),
        "options": dict(request.options.given),
    }


def parse_online_learning(
    new_training_data_path: Any, model_path: Any, options: Any = None, *, exists: Exists = _exists
) -> TableRequest:
    """Check a call of `ez_image_online_learning`.

    Raises:
        FormatError: Something is of the wrong kind, missing, or does not fit the rest.
    """
    request = _parse_table("new_training_data_path", new_training_data_path, model_path, options, exists=exists)
    values = request.options.values
    if values["ol_strategy"] in _KNOWLEDGE_OF_OLD_DATA and "training_data_path" not in values:
        raise FormatError("training-data must be provided for JT and KD.", remedy="Add training_data_path.")
    parameters: Mapping[str, Any] = values.get("training_parameters", {})
    if values["tr_strategy"] == "dropouts":
        if "dropout" not in parameters:
            raise FormatError("dropout must be provided for dropouts tr_strategy.")
        if not 0 < parameters["dropout"] < 1:
            raise FormatError(f"invalid dropout value: {parameters['dropout']}, expected more than 0 and less than 1.")
    if values["tr_strategy"] == "transfer-learning" and "trainable_layers" not in parameters:
        raise FormatError("trainable_layers must be provided for transfer-learning tr_strategy.")
    return request


def render_online_learning(request: TableRequest) -> dict[str, Any]:
    """The arguments of the call."""
    return _render_table("new_training_data_path", request)


def parse_evaluate(
    validation_data_path: Any, model_path: Any, options: Any = None, *, exists: Exists = _exists
) -> TableRequest:
    """Check a call of `ez_image_model_evaluate`.

    Raises:
        FormatError: Something is of the wrong kind or missing.
    """
    return _parse_table("validation_data_path", validation_data_path, model_path, options, exists=exists)


def render_evaluate(request: TableRequest) -> dict[str, Any]:
    """The arguments of the call."""
    return _render_table("validation_data_path", request)


def _parse_table(name: str, data_path: Any, model_path: Any, options: Any, *, exists: Exists) -> TableRequest:
    data, model = _text(name, data_path), _text("model_path", model_path)
    checked = parse_options(options, EVALUATE if name == "validation_data_path" else ONLINE_LEARNING)
    _check_paths({name: (data,), "model_path": (model,)}, exists)
    if not data.lower().endswith(".csv"):
        raise FormatError(f"{name} is {data}, expected a .csv file with the columns inputs and labels.")
    _check_data(checked, exists)
    return TableRequest(data, model, checked)


def _render_table(name: str, request: TableRequest) -> dict[str, Any]:
    return {name: request.data_path, "model_path": request.model_path, "options": dict(request.options.given)}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise FormatError(f"{name} is {value!r:.80}, expected a string.")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise FormatError(f"{name} is an empty list, expected at least one path.")
    return tuple(_text(name, each) for each in values)


def _default_pictures(count: int) -> Iterable[str]:
    return [_DEFAULT_PICTURE] if count == 1 else [f"./xai_image_{number}.jpg" for number in range(1, count + 1)]


def _check_paths(paths: Mapping[str, Iterable[str]], exists: Exists) -> None:
    for name, each in paths.items():
        for path in each:
            if not exists(path):
                raise FormatError(f"{name}: {path} - Path does not exist.")


def _check_predictions(paths: Iterable[str]) -> None:
    for path in paths:
        if not path.lower().endswith(PREDICTIONS):
            raise FormatError(f"pred: {path} is neither .csv nor .npy.", remedy=".npz and .png are read too.")


def _check_data(options: Options, exists: Exists) -> None:
    keys = ("training_data_path", "validation_data_path")
    _check_paths({key: (options.values[key],) for key in keys if key in options.values}, exists)
