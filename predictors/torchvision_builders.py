"""torchvision's builders by name: which are taken, how they are built, which one a checkpoint looks like."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from functools import partial

import torchvision
from torch import Tensor, nn
from torchvision.models import get_model, list_models

from domain.errors import ModelError
from predictors.fitting import Build, count_classes, layout_of, resize_heads
from predictors.state_dict import describe_difference

_AUXILIARY = ("AuxLogits.", "aux1.", "aux2.", "aux_classifier.")
_WITH_AUXILIARY = ("googlenet", "inception_v3")
_FAMILIES = {
    "backbone.": ("deeplabv3", "fcn", "lraspp"),
    "roi_heads.": ("fasterrcnn", "maskrcnn"),
    "head.classification_head.": ("fcos", "retinanet", "ssd"),
    "heads.head.": ("vit",),
    "head.weight": ("swin",),
    "fc.weight": ("googlenet", "inception", "resnet", "resnext", "shufflenet", "wide_resnet"),
    "classifier.weight": ("densenet",),
    "classifier.1.weight": ("alexnet", "efficientnet", "mnasnet", "mobilenet_v2", "squeezenet"),
    "classifier.2.weight": ("convnext",),
    "classifier.5.weight": ("maxvit",),
    "classifier.3.weight": ("mobilenet_v3", "vgg"),
}
"""Start of a parameter's name -> the builders that have it. RegNets cannot be laid out without allocating them."""


def classifier_names() -> list[str]:
    """Builders that score whole images."""
    return list_models(module=torchvision.models)


def detector_names() -> list[str]:
    """Builders that find objects, with or without masks."""
    return [name for name in list_models(module=torchvision.models.detection) if not name.startswith("keypoint")]


def semantic_names() -> list[str]:
    """Builders that name the class of every pixel."""
    return list_models(module=torchvision.models.segmentation)


def check_builder(name: str) -> str:
    """Return the builder's name in torchvision's spelling.

    Raises:
        ModelError: torchvision has no such builder, or it does something else than Relook shows.
    """
    found = name.lower()
    usable = [*classifier_names(), *detector_names(), *semantic_names()]
    if found in usable:
        return found
    if found in list_models():
        raise ModelError(
            f"torchvision/{name} is a {_other_kind(found)} model, and Relook shows classification, detection, "
            "instance and semantic segmentation.",
            remedy="Choose a builder of torchvision.models, or one of its modules detection and segmentation.",
        )
    close = difflib.get_close_matches(found, usable, n=3)
    raise ModelError(
        f"torchvision has no builder '{name}'.",
        remedy=f"Did you mean {' or '.join(close)}?" if close else "Write for example torchvision/resnet50.",
    )


def builder_of(name: str, tensors: Mapping[str, Tensor]) -> Build:
    """Return how to build `name` for the checkpoint; nothing is downloaded."""
    return partial(_build, name, options_of(name, tensors))


def options_of(name: str, tensors: Mapping[str, Tensor]) -> dict[str, object]:
    """Return the builder's options, some of which only the checkpoint knows."""
    if name in detector_names() or name.startswith("lraspp"):
        return {"weights_backbone": None}
    if name in semantic_names():
        return {"weights_backbone": None, "aux_loss": False}
    if name in _WITH_AUXILIARY:
        # Published weights, and what is fine-tuned from them, expect the input scaling they were ported with.
        return {"init_weights": False, "aux_logits": False, "transform_input": True}
    if name.startswith("vit_") and (side := transformer_side(tensors)):
        return {"image_size": side}
    return {}


def transformer_side(tensors: Mapping[str, Tensor]) -> int | None:
    """Return the side of the square pictures a vision transformer was trained on, in pixels."""
    position, patch = tensors.get("encoder.pos_embedding"), tensors.get("conv_proj.weight")
    if position is None or patch is None or position.ndim != 3 or patch.ndim != 4:
        return None
    return math.isqrt(max(position.shape[1] - 1, 0)) * patch.shape[-1] or None


def drop_auxiliary(name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Leave out the auxiliary classifiers of GoogLeNet, Inception, FCN and DeepLab, which only training uses."""
    if name not in {*_WITH_AUXILIARY, *semantic_names()}:
        return dict(tensors)
    return {key: tensor for key, tensor in tensors.items() if not key.startswith(_AUXILIARY)}


def looks_like(tensors: Mapping[str, Tensor]) -> str:
    """Return "torchvision/NAME" of the first builder whose names and shapes are those of `tensors`, or ""."""
    families = tuple(family for start, members in _FAMILIES.items() if _has_name(tensors, start) for family in members)
    for name in [*classifier_names(), *detector_names(), *semantic_names()]:
        if name.startswith(families) and _has_layout(name, tensors):
            return f"torchvision/{name}"
    return ""


def _has_name(tensors: Mapping[str, Tensor], start: str) -> bool:
    return any(name.startswith(start) for name in tensors)


def _has_layout(name: str, tensors: Mapping[str, Tensor]) -> bool:
    layout = layout_of(builder_of(name, tensors))
    found = drop_auxiliary(name, tensors)
    classes = count_classes(layout, found)
    return bool(classes) and not describe_difference(resize_heads(layout, classes), found)


def _build(name: str, options: Mapping[str, object], class_count: int) -> nn.Module:
    return get_model(name, weights=None, num_classes=class_count, **options)


def _other_kind(name: str) -> str:
    if name.startswith("keypoint"):
        return "keypoint"
    if name.startswith("quantized"):
        return "quantised"
    if name.startswith("raft"):
        return "optical-flow"
    return "video"
