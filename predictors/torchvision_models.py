"""torchvision's models for pictures, with a local checkpoint or its own published weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor, nn
from torchvision.models import WeightsEnum

from domain.errors import ModelError
from domain.model_spec import ModelSpec
from domain.prediction import Task
from predictors.assembly import (
    Parts,
    assemble_classifier,
    assemble_detector,
    assemble_semantic,
    names_in_metadata,
    preprocessing_in_metadata,
    task_in_metadata,
)
from predictors.base import Predictor
from predictors.checkpoint import Checkpoint, read_checkpoint
from predictors.classifier import Classifier
from predictors.detector import Detector
from predictors.fitting import Build, fit_network
from predictors.preprocessing import Preprocessing
from predictors.semantic import SemanticNetwork
from predictors.torchvision_builders import (
    builder_of,
    check_builder,
    classifier_names,
    drop_auxiliary,
    looks_like,
    semantic_names,
    transformer_side,
)
from predictors.torchvision_weights import (
    default_preprocessing,
    fetch_published,
    find_published,
    published_classes,
    recognise_published,
    remove_epsilon,
    was_trained_without_epsilon,
    whole_picture,
)

_WITHOUT_BACKGROUND = ("retinanet", "fcos")


class TorchvisionModel(Predictor):
    """Any builder of torchvision.models and its modules detection, keypoints aside, and segmentation."""

    title = "torchvision"

    @classmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Build the named architecture and copy the weights; the number of classes is read from their shapes.

        Raises:
            ModelError: The builder, checkpoint, class names, task or preprocessing do not fit.
            LimitError: The checkpoint is too large.
        """
        builder = check_builder(spec.architecture)
        spec = replace(spec, name=f"torchvision/{builder}")
        checkpoint, published = _find_weights(builder, spec)
        parts = _gather(builder, spec, checkpoint=checkpoint, published=published)
        if builder in classifier_names():
            own = _own_preprocessing(builder, checkpoint, published)
            return assemble_classifier(TorchvisionClassifier, parts, own=own)
        if builder in semantic_names():
            own = preprocessing_in_metadata(checkpoint, whole_picture(builder, published))
            layer = _last_of_encoder(parts.fitted.network)
            return assemble_semantic(TorchvisionSemantic, parts, own=own, feature_layer=layer)
        return assemble_detector(TorchvisionDetector, parts, uses_output_0=builder.startswith(_WITHOUT_BACKGROUND))


class TorchvisionClassifier(Classifier, TorchvisionModel):
    """A torchvision classifier."""


class TorchvisionDetector(Detector, TorchvisionModel):
    """A torchvision detector."""


class TorchvisionSemantic(SemanticNetwork, TorchvisionModel):
    """A torchvision model that names the class of every pixel."""


def _last_of_encoder(network: nn.Module) -> str:
    """Return the name of the last layer before the head."""
    *_, (last, _) = network.get_submodule("backbone").named_children()
    return f"backbone.{last}"


def _find_weights(builder: str, spec: ModelSpec) -> tuple[Checkpoint, WeightsEnum | None]:
    """Read the file or the published weights; a file that is torchvision's own is recognised by its hash."""
    if not spec.weights:
        raise ModelError(
            "No weights were named.",
            where=spec.name,
            remedy="Give --weights FILE (.pth, .pt, .safetensors), or DEFAULT for torchvision's own.",
        )
    path = Path(spec.weights).expanduser()
    if path.exists() or path.suffix or len(path.parts) > 1:
        checkpoint = read_checkpoint(path)
        return checkpoint, recognise_published(builder, checkpoint.sha256)
    published = find_published(builder, spec.weights)
    return read_checkpoint(fetch_published(published)), published


def _gather(builder: str, spec: ModelSpec, *, checkpoint: Checkpoint, published: WeightsEnum | None) -> Parts:
    trimmed = replace(checkpoint, tensors=drop_auxiliary(builder, checkpoint.tensors))
    build = build_like(builder, trimmed.tensors, published)
    fitted = fit_network(build, trimmed, name=f"torchvision/{builder}", looks_like=looks_like)
    named = names_in_metadata(checkpoint)
    assumed = published_classes(builder, fitted.class_count)
    return Parts(
        spec=spec,
        checkpoint=checkpoint,
        fitted=fitted,
        build=build,
        version=published.name if published else checkpoint.path.name,
        task=task_in_metadata(checkpoint) or _task_of(builder),
        names=named or assumed,
        notes=_notes(builder, spec, published=published, names_assumed=not named and bool(assumed)),
    )


def build_like(builder: str, tensors: Mapping[str, Tensor], published: WeightsEnum | None) -> Build:
    """Return how to build the network that `tensors` were trained in."""
    plain = builder_of(builder, tensors)
    if not was_trained_without_epsilon(builder, published):
        return plain

    def build(class_count: int) -> nn.Module:
        network = plain(class_count)
        remove_epsilon(network)
        return network

    return build


def _own_preprocessing(builder: str, checkpoint: Checkpoint, published: WeightsEnum | None) -> Preprocessing:
    own = default_preprocessing(builder, published)
    side = transformer_side(checkpoint.tensors) if builder.startswith("vit_") else None
    if side not in {None, own.crop}:
        own = replace(own, resize=side, crop=side)
    return preprocessing_in_metadata(checkpoint, own)


def _task_of(builder: str) -> Task:
    if builder in classifier_names():
        return Task.CLASSIFICATION
    return Task.SEGMENTATION if builder.startswith(("maskrcnn", *semantic_names())) else Task.DETECTION


def _notes(builder: str, spec: ModelSpec, *, published: WeightsEnum | None, names_assumed: bool) -> tuple[str, ...]:
    if published is not None:
        return (f"These are torchvision's own weights {published.name}.",)
    notes: list[str] = []
    if builder in classifier_names() and spec.resize is None and spec.crop is None:
        own = default_preprocessing(builder, None).describe()
        notes.append(f"Preprocessing is that of torchvision's own weights for {builder}: {own}.")
    if names_assumed and not spec.classes:
        notes.append("The class names are torchvision's own, assumed from the number of outputs.")
    return tuple(notes)
