"""From a checkpoint and a person's wishes to a finished model, whatever the runtime."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from torch import nn

from domain.errors import ModelError
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import ModelInfo, Task
from predictors.checkpoint import Checkpoint
from predictors.class_names import (
    name_object_outputs,
    name_outputs,
    number_classes,
    parse_class_json,
    read_class_names,
)
from predictors.classifier import Classifier, classification_task
from predictors.detector import Detector, configure_detector
from predictors.devices import choose_device
from predictors.fitting import Fitted
from predictors.identity import known_task, model_id, model_name
from predictors.preprocessing import Preprocessing, override_preprocessing
from predictors.semantic import CAUTION, PixelAnswer, SemanticNetwork, name_pixel_outputs

ClassifierT = TypeVar("ClassifierT", bound=Classifier)
DetectorT = TypeVar("DetectorT", bound=Detector)
SemanticT = TypeVar("SemanticT", bound=SemanticNetwork)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a runtime knows of a model before the wishes of a person are applied.

    Attributes:
        spec: The wishes.
        checkpoint: The file of weights.
        fitted: The network with these weights.
        build: Makes the network for a number of outputs, with random weights.
        version: Name of the weights.
        task: What the network was made for.
        names: Class names that come with the weights, empty when unknown.
        notes: Cautions so far, full sentences.
    """

    spec: ModelSpec
    checkpoint: Checkpoint
    fitted: Fitted
    build: Callable[[int], nn.Module]
    version: str
    task: Task
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def assemble_classifier(cls: type[ClassifierT], parts: Parts, *, own: Preprocessing) -> ClassifierT:
    """Finish a classifier.

    Raises:
        ModelError: Class names, task or preprocessing do not go with the network.
    """
    spec, count = parts.spec, parts.fitted.class_count
    task = classification_task(spec, default=parts.task)
    preprocessing = override_preprocessing(own, spec)
    outputs, own_outputs = _choose_names(parts, partial(name_outputs, class_count=count), range(count))
    changes = [
        task if task is not parts.task else None,
        preprocessing if preprocessing != own else None,
        outputs if outputs != own_outputs else None,
    ]
    classifier = cls(
        parts.fitted.network,
        info=_describe(
            parts,
            task=task,
            classes=outputs.values(),
            changes=changes,
            input_size=preprocessing.input_size,
        ),
        preprocessing=preprocessing,
        device=choose_device(spec.device),
        build=partial(parts.build, count),
    )
    if preprocessing.input_size != own.input_size:
        _try_out(classifier)
    return classifier


def assemble_detector(cls: type[DetectorT], parts: Parts, *, uses_output_0: bool) -> DetectorT:
    """Finish a detector.

    Raises:
        ModelError: Class names, task or preprocessing do not go with the network.
    """
    spec, count = parts.spec, parts.fitted.class_count
    task = _detection_task(parts)
    naming = partial(name_object_outputs, class_count=count, uses_output_0=uses_output_0)
    outputs, own_outputs = _choose_names(parts, naming, range(1, count))
    changes = [
        task if task is not parts.task else None,
        (spec.resize, spec.mean, spec.std) if spec.resize or spec.mean or spec.std else None,
        outputs if outputs != own_outputs else None,
    ]
    return cls(
        configure_detector(parts.fitted.network, spec),
        info=_describe(parts, task=task, classes=outputs.values(), changes=changes, input_size=None),
        outputs=outputs,
        device=choose_device(spec.device),
        build=lambda: configure_detector(parts.build(count), spec),
    )


def assemble_semantic(cls: type[SemanticT], parts: Parts, *, own: Preprocessing, feature_layer: str) -> SemanticT:
    """Finish a semantic model of torchvision's form.

    Raises:
        ModelError: Class names, task or preprocessing do not go with the network.
    """
    spec, count = parts.spec, parts.fitted.class_count
    if (known_task(spec) or Task.SEGMENTATION) is not Task.SEGMENTATION:
        raise ModelError(
            f"The task '{spec.task}' does not go with a semantic model.",
            where=spec.name,
            remedy=f"Choose {Task.SEGMENTATION.value}: its regions are shown as objects.",
        )
    preprocessing = override_preprocessing(own, spec)
    naming = partial(name_pixel_outputs, count=count)
    outputs, own_outputs = _choose_names(parts, naming, tuple(naming((), where="")))
    changes = [preprocessing if preprocessing != own else None, outputs if outputs != own_outputs else None]
    return cls(
        PixelAnswer(parts.fitted.network),
        info=_describe(
            parts, task=Task.SEGMENTATION, classes=outputs.values(), changes=changes, input_size=None, more=(CAUTION,)
        ),
        preprocessing=preprocessing,
        device=choose_device(spec.device),
        outputs=outputs,
        build=lambda: PixelAnswer(parts.build(count)),
        feature_layer=feature_layer,
    )


def names_in_metadata(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Return the class names a safetensors file carries under "classes" as JSON, or nothing."""
    text = checkpoint.metadata.get("classes", "")
    return parse_class_json(text, where=f"{checkpoint.path}, metadata 'classes'") if text else ()


def task_in_metadata(checkpoint: Checkpoint) -> Task | None:
    """Return the task a safetensors file carries under "task", or None.

    Raises:
        ModelError: There is no such task.
    """
    value = _metadata_value(checkpoint, "task")
    if value is None:
        return None
    try:
        return Task(value)
    except ValueError as error:
        raise ModelError(
            f"The metadata names the task '{value}'; known are {', '.join(Task)}.", where=str(checkpoint.path)
        ) from error


def preprocessing_in_metadata(checkpoint: Checkpoint, default: Preprocessing) -> Preprocessing:
    """Return `default` with what a safetensors file carries as JSON under "resize", "crop", "mean" and "std".

    Raises:
        ModelError: A value does not make a preprocessing.
    """
    sides = {name: _metadata_value(checkpoint, name) for name in ("resize", "crop")}
    triples = {name: _metadata_value(checkpoint, name) for name in ("mean", "std")}
    is_sound = all(value is None or type(value) is int for value in sides.values()) and all(
        value is None or (isinstance(value, list) and all(isinstance(number, int | float) for number in value))
        for value in triples.values()
    )
    if not is_sound:
        raise ModelError(
            f"The metadata holds a preprocessing that cannot be read: {sides | triples}.", where=str(checkpoint.path)
        )
    mean, std = (tuple(value) if value else None for value in triples.values())
    return override_preprocessing(
        default, ModelSpec("metadata/preprocessing", resize=sides["resize"], crop=sides["crop"], mean=mean, std=std)
    )


def _metadata_value(checkpoint: Checkpoint, name: str) -> Any:
    """Metadata is text: JSON where it is JSON, else the text itself."""
    text = checkpoint.metadata.get(name)
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def _choose_names(
    parts: Parts, naming: Callable[..., dict[int, str]], indices: Sequence[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return the names in use and the model's own, by output."""
    own = number_classes(indices)
    if parts.names:
        own = naming(parts.names, where=f"the class names of {parts.version}")
    if not parts.spec.classes:
        return own, own
    path = Path(parts.spec.classes).expanduser()
    return naming(read_class_names(path), where=str(path)), own


def _describe(
    parts: Parts,
    *,
    task: Task,
    classes: Iterable[str],
    changes: Sequence[object],
    input_size: tuple[int, int] | None,
    more: tuple[str, ...] = (),
) -> ModelInfo:
    spec, name = parts.spec, model_name(parts.spec)
    turned = spec.orientation if spec.orientation is not InputOrientation.STORED else None
    unnamed = () if parts.names or spec.classes else ("The weights carry no class names, so classes are numbered.",)
    return ModelInfo(
        model_id=model_id(name, parts.checkpoint.sha256, changes=[*changes, turned]),
        name=name,
        version=parts.version,
        task=task,
        classes=tuple(classes),
        input_size=input_size,
        runtime=spec.runtime,
        weights_sha256=parts.checkpoint.sha256,
        notes=(*parts.checkpoint.notes, *parts.fitted.notes, *parts.notes, *unnamed, *more),
    )


def _detection_task(parts: Parts) -> Task:
    wanted = known_task(parts.spec) or parts.task
    possible = {Task.DETECTION, parts.task}
    if wanted not in possible:
        raise ModelError(
            f"The task '{wanted.value}' does not go with this detector.",
            where=parts.spec.name,
            remedy=f"Choose {' or '.join(sorted(possible))}.",
        )
    return wanted


def _try_out(classifier: Classifier) -> None:
    """Push one grey picture through a network whose input size was changed by hand."""
    height, width = classifier.preprocessing.input_size
    try:
        classifier.scores([np.full((height, width, 3), 128, np.uint8)])
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ModelError(
            f"The network does not take pictures of {height} x {width} pixels: {str(error).splitlines()[0]}",
            where=classifier.info.name,
            remedy="Leave out --crop, or give the size it was trained with.",
        ) from error
