"""Boxes of a detector: ODAM of many beside one forward pass; what D-RISE costs in passes, time and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import torch
import torchvision
from torchvision.ops import clip_boxes_to_image, remove_small_boxes

from bench.explainers.measure import Figure, Row, Setting, Timing, peak_megabytes, time_in_turns
from bench.explainers.subjects import draw_noise
from demo.dataset import draw_for
from domain.explanation import RGBImage, Target
from domain.geometry import Box
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Instances, ModelInfo, Task
from explainers.base import Explainer, Saliency, Subject
from explainers.drise import DRISE
from explainers.network.hooks import borrowed
from explainers.objects.box_evidence import read_head
from explainers.odam import ODAM
from predictors import PREDICTORS, Predictor
from predictors.detector import Detector, configure_detector
from predictors.torchvision_models import TorchvisionDetector

CLASSES = {number: f"class {number}" for number in range(1, 91)}
BOXES = 20
SCENE = 2
"""Of the demo's photographs: one with several objects."""


def measure_part(setting: Setting) -> Iterator[Row]:
    names = ["fasterrcnn_resnet50_fpn"] if setting.is_quick else ["fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn"]
    photo = draw_noise(setting.seed, 640)[:480]
    for name in names:
        yield from measure_odam(build_detector(setting, name), photo, setting)
    yield from measure_memory(build_detector(setting, names[0]), photo, setting)
    yield from measure_drise(setting)


def measure_odam(model: Detector, photo: RGBImage, setting: Setting) -> Iterator[Row]:
    """All boxes of one picture beside one full forward pass."""
    subjects = candidates_of(model, photo, BOXES)
    method = ODAM()
    timings = time_in_turns(
        {"forward": lambda: forward(model, photo), "Relook": lambda: method.explain_each(model, subjects)}, setting
    )
    bar = 1.5 if model.info.name.startswith("fasterrcnn") else None
    work = f"ODAM, {model.info.name}, {len(subjects)} boxes of one picture"
    ratio = timings["Relook"].ratio_to(timings["forward"])
    yield Row(work, "times one full forward pass", ratio, at_most=bar, note=describe_seconds(timings))
    yield Row(work, "forward passes", Figure(count_passes(method, model, subjects)), at_most=1)


def measure_memory(model: Detector, photo: RGBImage, setting: Setting) -> Iterator[Row]:
    """A large network at the size it always sees."""
    subjects = candidates_of(model, photo, BOXES)
    method = DRISE(masks=8, resolution=0, stop_early=False)
    method.explain_each(model, subjects)
    found = peak_megabytes(lambda: method.explain_each(model, subjects), setting.device)
    work = f"D-RISE, {model.info.name}, {BOXES} boxes, pictures of 800 pixels"
    yield Row(work, "MB at most above the model", None if found is None else Figure(found), at_most=2000)


def measure_drise(setting: Setting) -> Iterator[Row]:
    """The demo's detector, which is trained: what all boxes cost beside one, memory, and where sampling stops."""
    model = PREDICTORS["demo"].load(ModelSpec("demo/detector"))
    subjects = objects_of(model, draw_for(Task.SEGMENTATION, setting.seed, SCENE).picture)
    few, many = (16, 32) if setting.is_quick else (200, 2000)
    method = DRISE(masks=few, stop_early=False)
    timings = time_in_turns(
        {
            "all boxes": lambda: method.explain_each(model, subjects),
            "one box": lambda: method.explain_each(model, subjects[:1]),
        },
        replace(setting, runs=min(setting.runs, 3)),
    )
    work = f"D-RISE, {model.info.name}, {few} masks"
    ratio = timings["all boxes"].ratio_to(timings["one box"])
    yield Row(work, f"times one box, for {len(subjects)} boxes", ratio, note=describe_seconds(timings))
    passes = count_passes(method, model, subjects)
    yield Row(work, f"forward passes, for {len(subjects)} boxes", Figure(passes), at_most=few + 1)
    for masks in (few, many):
        longer = replace(method, masks=masks)
        found = peak_megabytes(partial(longer.explain_each, model, subjects), setting.device)
        work = f"D-RISE, {model.info.name}, {len(subjects)} boxes, {masks} masks"
        yield Row(work, "MB at most above the model", None if found is None else Figure(found), at_most=2000)
    work = f"D-RISE, {model.info.name}, at most {many} masks"
    passes = count_passes(DRISE(masks=many), model, subjects)
    yield Row(work, "forward passes until the halves agree", Figure(passes))


def build_detector(setting: Setting, name: str) -> Detector:
    """Return a torchvision detector with random weights, which takes as long as a trained one up to its candidates."""

    def build() -> torch.nn.Module:
        return torchvision.models.get_model(name, weights=None, weights_backbone=None)

    torch.manual_seed(setting.seed)
    info = ModelInfo(name, name, "", Task.DETECTION, tuple(CLASSES.values()), None, "torchvision", "")
    network = configure_detector(build(), ModelSpec(f"torchvision/{name}")).eval()
    return TorchvisionDetector(network, info=info, outputs=CLASSES, device=setting.device, build=build)


def forward(model: Detector, photo: RGBImage) -> object:
    with torch.inference_mode():
        return model.detector([model.to_input(photo)])


def candidates_of(model: Detector, photo: RGBImage, count: int) -> list[Subject]:
    """Return candidates spread over all of a detector's, of random classes: with random weights it reports none."""
    generator = torch.Generator().manual_seed(0)
    with borrowed(model, model.detector) as detector:
        head = read_head(detector, model.to_input(photo))
    height, width = head.scene.size
    found: list[Subject] = []
    while len(found) < count:
        index = int(torch.randint(1, len(CLASSES) + 1, (), generator=generator))
        boxes = clip_boxes_to_image(head.candidates.of_class(index)[0], head.scene.size).cpu()
        boxes = boxes[remove_small_boxes(boxes, 16)]
        corners = boxes[int(torch.randint(len(boxes), (), generator=generator))]
        box = Box(*(corners / torch.tensor([width, height, width, height])).tolist())
        found.append(subject_of(photo, Instance(f"p{len(found)}", CLASSES[index], box)))
    return found


def objects_of(model: Predictor, photo: RGBImage) -> list[Subject]:
    """Return what a trained detector finds."""
    [content] = model.predict([photo])
    items = content.items if isinstance(content, Instances) else ()
    return [subject_of(photo, item) for item in items if (item.score or 0) > 0.5]


def subject_of(photo: RGBImage, instance: Instance) -> Subject:
    return Subject(photo, Target(instance.label, instance.instance_id), instance)


def count_passes(method: Explainer, model: Predictor, subjects: list[Subject]) -> int:
    """Return the forward passes that all maps took together."""
    found = method.explain_each(model, subjects)
    return sum(each.forward_passes for each in found if isinstance(each, Saliency))


def describe_seconds(timings: Mapping[str, Timing]) -> str:
    return ", ".join(f"{name} {timing.median:.3g} s" for name, timing in timings.items())
