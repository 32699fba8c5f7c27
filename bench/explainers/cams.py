"""GradCAM beside the plain forward pass and pytorch-grad-cam; guided backprop and guided GradCAM beside captum."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from captum.attr import GuidedBackprop as CaptumGuidedBackprop
from captum.attr import GuidedGradCam as CaptumGuidedGradCam
from captum.attr import LayerGradCam
from torch import Tensor, nn

from bench.explainers.measure import Figure, Row, Setting, Timing, peak_megabytes, time_in_turns
from bench.explainers.peers import INSTALL, find_peer
from bench.explainers.subjects import CLASSES, build_classifier, load_photos
from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.base import Explainer, GivesGradients, Saliency, Subject
from explainers.gradcam import GradCAM
from explainers.guided_backprop import GuidedBackprop
from explainers.guided_gradcam import GuidedGradCAM

LAYER = "layer4"


def measure_part(setting: Setting) -> Iterator[Row]:
    model = build_classifier(setting, "resnet18" if setting.is_quick else "resnet50")
    yield from measure_gradcam(model, setting, count=4 if setting.is_quick else 16)
    yield from measure_guided(model, setting, count=2 if setting.is_quick else 4)


def measure_gradcam(model: GivesGradients, setting: Setting, *, count: int) -> Iterator[Row]:
    """A batch of pictures, one class each; then one picture, many classes."""
    photos = load_photos(setting, count)
    inputs = model.normalise(photos)
    index = likely_class(model.module, inputs)
    subjects = [Subject(photo, Target(CLASSES[index])) for photo in photos]
    work = f"GradCAM, {model.info.name}, {count} pictures at once"
    competitors: dict[str, Callable[[], object]] = {
        "forward": lambda: predict(model.module, inputs),
        "Relook": lambda: GradCAM().explain_each(model, subjects),
    }
    peer = pytorch_gradcam(model.module, inputs, index)
    if peer:
        competitors["peer"] = peer
    timings = time_in_turns(competitors, setting)
    mine = timings["Relook"]
    seconds = describe_seconds(timings)
    yield Row(work, "times the plain forward pass", mine.ratio_to(timings["forward"]), at_most=1.2, note=seconds)
    times_as_fast = timings["peer"].ratio_to(mine) if peer else None
    yield Row(work, "times as fast as pytorch-grad-cam", times_as_fast, at_least=2.0, note="" if peer else INSTALL)
    for name, competitor in competitors.items():
        yield Row(work, f"MB at most above the model, {name}", measure_memory(competitor, setting))
    difference = gradcam_difference(model, inputs, subjects, index=index)
    yield Row(work, "largest relative difference to captum", difference, at_most=1e-4)

    one, many = inputs[:1], [Subject(photos[0], Target(name)) for name in CLASSES[:20]]
    timings = time_in_turns(
        {"forward": lambda: predict(model.module, one), "Relook": lambda: GradCAM().explain_each(model, many)}, setting
    )
    ratio = timings["Relook"].ratio_to(timings["forward"])
    work = f"GradCAM, {model.info.name}, 20 classes of one picture"
    yield Row(work, "times one plain forward pass", ratio, note=describe_seconds(timings))


def measure_guided(model: GivesGradients, setting: Setting, *, count: int) -> Iterator[Row]:
    """Guided backprop and guided GradCAM of a few pictures, beside captum on the same pictures at once."""
    photos = load_photos(setting, count)
    inputs = model.normalise(photos)
    index = likely_class(model.module, inputs)
    subjects = [Subject(photo, Target(CLASSES[index])) for photo in photos]
    layer = model.module.get_submodule(LAYER)
    pairs: list[tuple[Explainer, Any]] = [
        (GuidedBackprop(), CaptumGuidedBackprop(model.module)),
        (GuidedGradCAM(), CaptumGuidedGradCam(model.module, layer)),
    ]
    for method, peer in pairs:
        timings = time_in_turns(
            {
                "Relook": lambda method=method: method.explain_each(model, subjects),
                "captum": lambda peer=peer: attribute(peer, inputs, index),
            },
            setting,
        )
        work = f"{method.title}, {model.info.name}, {count} pictures at once"
        ratio = timings["captum"].ratio_to(timings["Relook"])
        yield Row(work, "times as fast as captum", ratio, note=describe_seconds(timings))


def predict(network: nn.Module, inputs: Tensor) -> Tensor:
    with torch.inference_mode():
        return network(inputs)


def likely_class(network: nn.Module, inputs: Tensor) -> int:
    """Return the class with the highest logits, for which there is evidence."""
    return int(predict(network, inputs).sum(dim=0).argmax())


def attribute(peer: Any, inputs: Tensor, index: int) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum tells that it sets hooks
        return peer.attribute(inputs, target=index)


def pytorch_gradcam(network: nn.Module, inputs: Tensor, index: int) -> Callable[[], object] | None:
    """Return pytorch-grad-cam's GradCAM of one class of every picture, or None when it is not installed."""
    library: Any = find_peer("pytorch_grad_cam")
    if library is None:
        return None
    targets_of: Any = find_peer("pytorch_grad_cam.utils.model_targets")
    targets = [targets_of.ClassifierOutputTarget(index)] * len(inputs)

    def explain() -> object:
        with library.GradCAM(model=network, target_layers=[network.get_submodule(LAYER)]) as method:
            found = method(input_tensor=inputs, targets=targets)
        network.zero_grad(set_to_none=True)
        return found

    return explain


def gradcam_difference(
    model: GivesGradients, inputs: Tensor, subjects: Sequence[Subject], *, index: int
) -> Figure | None:
    """Compare the maps that hold evidence with captum's, relative to each map's largest value."""
    theirs = LayerGradCam(model.module, model.module.get_submodule(LAYER)).attribute(inputs, target=index)
    mine: list[Saliency | ExplanationError] = GradCAM(layer=LAYER).explain_each(model, subjects)
    differences = [
        abs(their[0].detach().cpu().numpy() - my.heatmap).max() / abs(my.heatmap).max()
        for my, their in zip(mine, theirs, strict=True)
        if isinstance(my, Saliency)
    ]
    return Figure(float(max(differences))) if differences else None


def measure_memory(work: Callable[[], object], setting: Setting) -> Figure | None:
    found = peak_megabytes(work, setting.device)
    return None if found is None else Figure(found)


def describe_seconds(timings: dict[str, Timing]) -> str:
    return ", ".join(f"{name} {timing.median:.3g} s" for name, timing in timings.items())
