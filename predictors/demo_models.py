"""The demo's own models, with the weights that are shipped beside the demo."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import nn

from domain.errors import ModelError
from domain.model_spec import ModelSpec
from domain.prediction import Task
from predictors.architectures import BUILDERS, DemoFacts
from predictors.assembly import Parts, assemble_classifier, assemble_detector
from predictors.base import Predictor
from predictors.checkpoint import read_checkpoint
from predictors.classifier import Classifier
from predictors.detector import Detector
from predictors.fitting import fit_network
from predictors.preprocessing import WholeImage

WEIGHTS_FOLDER = Path(__file__).parent.parent / "demo" / "weights"
NAMES = ("classifier", "multilabel", "detector")


class DemoModel(Predictor):
    """demo/classifier, demo/multilabel and demo/detector; `weights` may name another file of the same kind."""

    title = "demo"

    @classmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Load a demo model.

        Raises:
            ModelError: There is no such demo model, or its file does not fit.
        """
        if spec.architecture not in NAMES:
            raise ModelError(
                f"There is no demo model '{spec.architecture}'.", remedy=f"Choose {', '.join(NAMES)} after demo/."
            )
        parts, facts = _gather(spec)
        if parts.task.has_objects:
            return assemble_detector(DemoDetector, parts, uses_output_0=False)
        own = WholeImage(height=facts.height, width=facts.width, mean=facts.mean, std=facts.std, interpolation="box")
        return assemble_classifier(DemoClassifier, parts, own=own)


class DemoClassifier(Classifier, DemoModel):
    """The demo's classifier, multi-class or multi-label."""


class DemoDetector(Detector, DemoModel):
    """The demo's small Mask R-CNN."""


def shipped_weights(name: str) -> Path:
    """Return where the shipped weights of a demo model lie."""
    return WEIGHTS_FOLDER / f"{name}.safetensors"


def _gather(spec: ModelSpec) -> tuple[Parts, DemoFacts]:
    path = Path(spec.weights).expanduser() if spec.weights else shipped_weights(spec.architecture)
    checkpoint = read_checkpoint(path)
    facts = DemoFacts.from_metadata(checkpoint.metadata, where=str(path))
    task = Task(facts.task)
    if facts.builder not in BUILDERS or task.has_objects != (spec.architecture == "detector"):
        raise ModelError(
            f"The file holds a '{facts.builder}' for {task.in_words}, which is not demo/{spec.architecture}.",
            where=str(path),
            remedy="Name the demo model it was trained as.",
        )
    build = partial(_build, facts.builder, has_background=task.has_objects)
    fitted = fit_network(build, checkpoint, name=spec.name, looks_like=lambda _: "")
    return Parts(spec, checkpoint, fitted, build, path.name, task, names=facts.classes), facts


def _build(builder: str, output_count: int, *, has_background: bool) -> nn.Module:
    # The builders seed the global generator themselves; drawing that seed keeps them obedient to the one in force.
    seed = int(torch.randint(2**31, (), device="cpu"))
    return BUILDERS[builder](output_count - 1 if has_background else output_count, seed=seed)
