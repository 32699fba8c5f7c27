"""EazyML's online learning: a model learns from a table of images and labels (formats.md 7.3)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from domain.errors import FormatError
from formats.eazyml.answers import OnlineLearningAnswer
from formats.eazyml.requests import TableRequest
from services.eazyml_evaluate import measure_rows
from services.eazyml_functions import read_functions
from services.eazyml_models import facts_file, load_model
from services.eazyml_regions import learn_regions
from services.eazyml_tables import read_class, read_rows, write_log
from services.eazyml_task import Task, metadata_of, open_for_learning
from services.methods import names_pixels
from services.output_files import check_output, replacing
from services.slow_imports import importing_torch
from training.recipe import Recipe

_RUNTIMES = ("torchvision", "demo")
_SUFFIX = ".safetensors"
_DEFAULT = f"trained_model{_SUFFIX}"
_CHOOSE_EVERY = 5
"""Without validation data every fifth image chooses the epoch."""
_PARAMETERS = ("epochs", "batch_size", "learning_rate", "dropout", "trainable_layers")


def learn_online(request: TableRequest) -> OnlineLearningAnswer:
    """Train a copy of the model and write it with the facts needed to load it.

    Raises:
        RelookError: A file cannot be used, or the model cannot learn here.
    """
    task = _read_task(request)
    predictor, spec = task.model
    is_open = hasattr(predictor, "module") and not predictor.info.task.has_objects
    if spec.runtime not in _RUNTIMES or not (is_open or names_pixels(predictor)):
        raise FormatError(
            f"{predictor.info.name} cannot learn here: classifiers and semantic models can, whose weights are a "
            ".pth or .safetensors file with a builder of torchvision.",
        )
    check_output(task.file)
    history = learn_regions(task) if names_pixels(predictor) else _learn_classes(task)
    _write_facts(task)
    child, _ = load_model(task.file)
    metrics, _ = measure_rows(child, task.choose, task.functions)
    history |= {f"val_{name}": (value,) for name, value in metrics.items() if f"val_{name}" not in history}
    message = f"The model was updated. {_remarks(request, task)}".strip()
    if log := request.options.values.get("log_file"):
        write_log(Path(log), {name: list(each) for name, each in history.items() if len(each) == len(history["loss"])})
        message += f" Saved the training log at {log}."
    return OnlineLearningAnswer(True, message, str(task.file), history)


def _read_task(request: TableRequest) -> Task:
    values = request.options.values
    strategy = values["ol_strategy"]
    rows = read_rows(Path(request.data_path))
    choose = read_rows(Path(values["validation_data_path"])) if "validation_data_path" in values else []
    if not choose:
        choose = rows[::_CHOOSE_EVERY] if len(rows) > 1 else rows
        rows = [row for row in rows if row not in choose] or rows
    parameters = values.get("training_parameters", {})
    chosen = {name: parameters[name] for name in _PARAMETERS if name in parameters}
    file = Path(values.get("new_model_path") or Path(request.model_path).with_name(_DEFAULT))
    if file.suffix.lower() != _SUFFIX:
        raise FormatError(f"new_model_path is {file}, expected a {_SUFFIX} file: weights without any program in them.")
    if file.resolve() == Path(request.model_path).resolve():
        raise FormatError("new_model_path is model_path.", remedy="Name another file: the old model stays as it is.")
    return Task(
        model=load_model(Path(request.model_path)),
        new=rows,
        old=read_rows(Path(values["training_data_path"])) if strategy != "fine-tuning" else [],
        choose=choose,
        recipe=Recipe(strategy=strategy, mode=values["tr_strategy"], patience=0, **chosen),
        functions=read_functions(values.get("required_functions", {})),
        file=file,
    )


def _remarks(request: TableRequest, task: Task) -> str:
    values = request.options.values
    remarks = []
    if task.functions.loss_fn is not None:
        remarks.append("loss_fn judged it and did not train it: training minimises the cross entropy.")
    unknown = sorted(set(values.get("training_parameters", {})) - set(_PARAMETERS))
    if unknown:
        remarks.append(f"Not used of training_parameters: {', '.join(unknown)}.")
    if "validation_data_path" not in values:
        remarks.append(f"Without validation_data_path, {len(task.choose)} of the images judged it.")
    return " ".join(remarks)


def _learn_classes(task: Task) -> dict[str, tuple[float, ...]]:
    """Fine-tune a classifier as `python -m cli finetune` does."""
    with importing_torch:
        from predictors.classifier import Classifier  # noqa: PLC0415
        from predictors.devices import choose_device  # noqa: PLC0415
        from training.examples import Examples  # noqa: PLC0415
        from training.fine_tune import fine_tune  # noqa: PLC0415
        from training.views import Views  # noqa: PLC0415

    predictor = task.model[0]
    assert isinstance(predictor, Classifier)  # noqa: S101  what was asked before
    classes = predictor.info.classes
    axis = dict(enumerate(classes))
    rows = [*task.new, *task.old, *task.choose]
    pictures = np.stack([predictor.crop(open_for_learning(row, task.functions))[0] for row in rows])
    places = np.array([read_class(row, axis) for row in rows], np.int64)
    learned = len(task.new) + len(task.old)
    trusted = np.ones(len(rows), bool)
    if not task.recipe.data.trusts_untouched:
        trusted[len(task.new) : learned] = False
    own = predictor.preprocessing
    examples = Examples(
        Views(pictures, own.mean, own.std, choose_device(task.recipe.device)),
        places,
        trusted,
        np.arange(learned),
        np.arange(learned, len(rows)),
    )
    with tempfile.TemporaryDirectory() as folder:
        made = fine_tune(
            predictor.module,
            examples,
            task.recipe,
            classes=(classes, classes),
            folder=Path(folder),
            metadata=metadata_of(task),
        )
        with replacing(task.file) as stream:
            stream.write(made.weights.read_bytes())
    return {
        "loss": tuple(epoch.loss for epoch in made.history),
        "val_loss": tuple(epoch.choose_loss for epoch in made.history),
        "val_figure": tuple(epoch.figure for epoch in made.history),
    }


def _write_facts(task: Task) -> None:
    """Write the JSON that names the builder beside the new weights: that of the parent, with its classes."""
    predictor, spec = task.model
    facts: dict[str, Any] = {"builder": spec.name, "classes": list(predictor.info.classes)}
    facts |= {name: getattr(spec, name) for name in ("task", "resize", "crop", "mean", "std") if getattr(spec, name)}
    with replacing(facts_file(task.file)) as stream:
        stream.write(json.dumps(facts, ensure_ascii=False, indent=1).encode())
