"""TorchScript files: a classifier, a detector or a semantic model as a program of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from domain.errors import ModelError
from domain.explanation import RGBImage
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import Content, Instances, ModelInfo, Task
from predictors.base import Predictor
from predictors.checkpoint import file_sha256
from predictors.class_names import name_object_outputs, name_outputs, number_classes, read_class_names
from predictors.classifier import ImageScorer, classification_task
from predictors.detections import parse_detections
from predictors.detector import to_tensor
from predictors.devices import choose_device
from predictors.identity import known_task, model_id, model_name
from predictors.preprocessing import CentreCrop, Preprocessing, override_preprocessing, whole_square
from predictors.semantic import CAUTION, PixelScorer, are_probabilities, name_pixel_outputs
from predictors.torchscript_program import Program, as_detections, as_scores, load_program, try_out

_NO_INSIDE = "The inside of a TorchScript model cannot be reached, so methods that need gradients are not offered."
_CLASS_HEAD = "box_predictor.cls_score.bias"


class TorchScriptModel(Predictor):
    """A file written by torch.jit.save; its path is the name after torchscript/."""

    title = "TorchScript"
    caution = "TorchScript is a program, not a sandbox: load only files you trust."

    @classmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Load a program, and try it on two small pictures to learn what it answers.

        Raises:
            ModelError: The file is no TorchScript, answers in no known form, or does not go with the class names.
            LimitError: The file is too large.
        """
        device = choose_device(spec.device)
        preprocessing = override_preprocessing(CentreCrop(), spec)
        program = load_program(Path(spec.architecture).expanduser(), device)
        trial = try_out(program, preprocessing=preprocessing, task=known_task(spec))
        if isinstance(trial, Tensor) and trial.ndim == 4:
            return _make_semantic(program, spec, trial=trial)
        if isinstance(trial, Tensor):
            return _make_classifier(program, spec, trial=trial, preprocessing=preprocessing)
        return _make_detector(program, spec, trial=trial)


class TorchScriptClassifier(ImageScorer, TorchScriptModel):
    """A program that answers (N, C) numbers."""

    def __init__(self, network: Program, *, gives_probabilities: bool, **facts: Any) -> None:
        """Take over a program; see `ImageScorer`."""
        super().__init__(network, **facts)
        self._gives_probabilities = gives_probabilities

    def _activate(self, logits: Tensor) -> Tensor:
        return logits if self._gives_probabilities else super()._activate(logits)


class TorchScriptSemantic(PixelScorer, TorchScriptModel):
    """A program that answers (N, C, h, w) numbers, or a dictionary with them under "out"."""


class TorchScriptDetector(TorchScriptModel):
    """A program that takes a list of pictures and answers as torchvision's detectors do."""

    def __init__(self, program: Program, *, info: ModelInfo, outputs: Mapping[int, str]) -> None:
        """Take over a program; `outputs` maps its own index to the class name."""
        super().__init__()
        self.info = info
        self._program = program
        self._outputs = dict(outputs)

    def predict(self, images: Sequence[RGBImage]) -> list[Content]:
        """Return the objects of each picture, highest score first.

        Raises:
            ModelError: The program fails, or answers a class that has no name.
        """
        return [self._predict_one(image) for image in images]

    def _predict_one(self, image: RGBImage) -> Instances:
        has_masks = self.info.task is Task.SEGMENTATION
        with self.lock, torch.inference_mode():
            picture = to_tensor(image, device=self._program.device, has_masks=has_masks)
            found = as_detections(self._program([picture]))
        if found is None:
            raise ModelError("The program stopped answering as a detector does.", where=self.info.name)
        unnamed = {int(index) for index in found["labels"].unique()} - {0, *self._outputs}
        if unnamed:
            raise ModelError(
                f"The program answers class {min(unnamed)}, but there are {len(self._outputs)} class names.",
                where=self.info.name,
                remedy="Give the names of all its classes with --classes.",
            )
        size = (picture.shape[-1], picture.shape[-2])
        return parse_detections(found, size=size, outputs=self._outputs, has_masks=has_masks)


def _make_classifier(
    program: Program, spec: ModelSpec, *, trial: Tensor, preprocessing: Preprocessing
) -> TorchScriptClassifier:
    task = classification_task(spec)
    count = trial.shape[1]
    outputs = number_classes(range(count))
    if spec.classes:
        outputs = name_outputs(read_class_names(Path(spec.classes).expanduser()), count, where=spec.classes)
    sums_to_one = bool((trial >= 0).all()) and bool(((trial.float().sum(dim=1) - 1).abs() < 1e-3).all())
    gives_probabilities = task is Task.CLASSIFICATION and count > 1 and sums_to_one
    notes = [f"Preprocessing: {preprocessing.describe()}."]
    if gives_probabilities:
        notes.append("The program answers probabilities already, so no softmax is applied.")
    return TorchScriptClassifier(
        program,
        gives_probabilities=gives_probabilities,
        info=_describe(program, spec, task=task, outputs=outputs, notes=notes, preprocessing=preprocessing),
        preprocessing=preprocessing,
        device=program.device,
    )


def _make_semantic(program: Program, spec: ModelSpec, *, trial: Tensor) -> TorchScriptSemantic:
    names = read_class_names(Path(spec.classes).expanduser()) if spec.classes else ()
    outputs = name_pixel_outputs(names, trial.shape[1], where=spec.classes)
    preprocessing = whole_square(spec)
    notes = [f"Preprocessing: {preprocessing.describe()}."]
    gives_probabilities = are_probabilities(trial)
    if gives_probabilities:
        notes.append("The program answers probabilities already, so no softmax is applied.")
    return TorchScriptSemantic(
        partial(_pixels_of, program),
        info=_describe(
            program,
            spec,
            task=Task.SEGMENTATION,
            outputs=outputs,
            notes=[*notes, CAUTION],
            preprocessing=preprocessing,
        ),
        preprocessing=preprocessing,
        device=program.device,
        outputs=outputs,
        gives_probabilities=gives_probabilities,
    )


def _pixels_of(program: Program, pictures: Tensor) -> Tensor:
    scores = as_scores(program(pictures), has_objects=True)
    if scores is None:
        raise ModelError("The program stopped answering numbers for every pixel.", where=str(program.path))
    return scores


def _make_detector(program: Program, spec: ModelSpec, *, trial: Mapping[str, Tensor]) -> TorchScriptDetector:
    task = known_task(spec) or (Task.SEGMENTATION if "masks" in trial else Task.DETECTION)
    if not task.has_objects or (task is Task.SEGMENTATION and "masks" not in trial):
        raise ModelError(f"The program finds objects, which does not go with the task '{task.value}'.", where=spec.name)
    outputs = _name_objects(program, spec)
    info = _describe(program, spec, task=task, outputs=outputs)
    return TorchScriptDetector(program, info=info, outputs=outputs)


def _name_objects(program: Program, spec: ModelSpec) -> dict[int, str]:
    state = program.module.state_dict()
    count = next((len(bias) for name, bias in state.items() if name.endswith(_CLASS_HEAD)), None)
    if spec.classes:
        names = read_class_names(Path(spec.classes).expanduser())
        return name_object_outputs(names, count, uses_output_0=False, where=spec.classes)
    if count is None:
        raise ModelError(
            "The program does not tell how many classes of objects it knows.",
            where=str(program.path),
            remedy="Give their names with --classes.",
        )
    return number_classes(range(1, count))


def _describe(
    program: Program,
    spec: ModelSpec,
    *,
    task: Task,
    outputs: Mapping[int, str],
    notes: Sequence[str] = (),
    preprocessing: Preprocessing | None = None,
) -> ModelInfo:
    sha256, name = file_sha256(program.path), model_name(spec)
    turned = spec.orientation if spec.orientation is not InputOrientation.STORED else None
    changes = [
        task if spec.task else None,
        preprocessing if preprocessing not in {None, CentreCrop(), whole_square(ModelSpec(spec.name))} else None,
        outputs if spec.classes else None,
        turned,
    ]
    unnamed = () if spec.classes else ("A TorchScript file carries no class names, so classes are numbered.",)
    return ModelInfo(
        model_id=model_id(name, sha256, changes=changes),
        name=name,
        version=program.path.name,
        task=task,
        classes=tuple(outputs.values()),
        input_size=preprocessing.input_size if preprocessing else None,
        runtime=spec.runtime,
        weights_sha256=sha256,
        notes=(TorchScriptModel.caution, _NO_INSIDE, *notes, *unnamed),
    )
