"""Why a method cannot explain a model, in full sentences that name the way out."""

from __future__ import annotations

import torch

from explainers.base import DetectsObjects, GivesGradients, GivesPixelGradients, ScoresImages, ScoresPixels


def why_no_gradients(model: object, title: str) -> str:
    """Return why a method that needs the gradients of the score of a class cannot run, or ""."""
    if isinstance(model, DetectsObjects):
        return f"{title} explains the classes of a whole image, and this model finds objects: use ODAM on a box."
    if isinstance(model, GivesPixelGradients):
        return ""
    if not isinstance(model, GivesGradients):
        return f"{title} needs the inside of the network, and this model only gives scores. LIME can explain it."
    if isinstance(model.module, torch.jit.ScriptModule):
        return f"{title} needs hooks, which do not fire in a TorchScript model. LIME can explain it."
    return ""


def why_no_scores(model: object, title: str) -> str:
    """Return why a method that needs only the score of a class cannot run, or ""."""
    if isinstance(model, DetectsObjects):
        return f"{title} explains the classes of a whole image, and this model finds objects: use ODAM on a box."
    if not isinstance(model, ScoresImages | ScoresPixels):
        return f"{title} needs a model that gives a score per class, and this one does not."
    return ""


def why_no_detector(model: object, title: str) -> str:
    """Return why a method that needs a torchvision detector's features cannot run, or ""."""
    if not isinstance(model, DetectsObjects):
        return f"{title} on boxes needs a detector whose inside can be reached, and this model is none."
    detector = model.detector
    if isinstance(detector, torch.jit.ScriptModule):
        return f"{title} needs the parts of the detector, which TorchScript does not show. D-RISE can explain it."
    has_regions = hasattr(detector, "rpn") and hasattr(detector, "roi_heads")
    has_anchors = hasattr(detector, "head") and hasattr(detector, "anchor_generator")
    if not has_regions and not has_anchors:
        return f"{title} knows torchvision's R-CNN family, RetinaNet, FCOS and SSD, not {type(detector).__name__}."
    return ""
