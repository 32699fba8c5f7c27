"""The models a person can name, for menus."""

from __future__ import annotations

from domain.prediction import Task
from services.slow_imports import importing_torch

DEMO_MODELS = {
    Task.CLASSIFICATION: "demo/classifier",
    Task.MULTILABEL: "demo/multilabel",
    Task.DETECTION: "demo/detector",
    Task.SEGMENTATION: "demo/detector",
}


def list_model_names(task: Task) -> list[str]:
    """Torchvision's builders that predict `task`, and the demo model for it, as `ModelSpec.name` wants them."""
    with importing_torch:
        from predictors.torchvision_builders import classifier_names, detector_names, semantic_names  # noqa: PLC0415

    if task is Task.SEGMENTATION:
        names = [*(name for name in detector_names() if name.startswith("maskrcnn")), *semantic_names()]
    else:
        names = detector_names() if task is Task.DETECTION else classifier_names()
    return [*(f"torchvision/{name}" for name in names), DEMO_MODELS[task]]


def list_path_runtimes(task: Task) -> dict[str, str]:
    """Models for `task` that are named by where they lie: what a menu calls them, and what stands before their path."""
    programs = {"TorchScript file": "torchscript"}
    if task is not Task.DETECTION:
        programs |= {"torch.export file (.pt2)": "pt2", "Keras file": "keras"}
    return programs if task.has_objects else {**programs, "Hugging Face folder": "hf"}
