"""Print how often the highest point of a map lies on the object that the class names: the pointing game.

On COCO photos with an object whose ImageNet class is among the model's five best (`pointing_pairs_mobilenet_v2.json`),
beside a baseline that always points to the middle of what the model sees. Tolerance 15 pixels (Fong et al., ICCV 2019).
Needs `RELOOK_TEST_DATA`. With `--boxes`: on the boxes that the demo's detector finds on scenes drawn anew.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import torch
from PIL import Image
from torchvision.models import MobileNet_V2_Weights

from bench.explainers.__main__ import describe_machine
from bench.explainers.measure import Setting
from bench.explainers.objects import objects_of
from demo.dataset import draw_for
from domain.errors import ExplanationError
from domain.explanation import Explanation, Region, Target
from domain.geometry import Box
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Task
from explainers import EXPLAINERS
from explainers.base import Explainer, Saliency, Subject
from metrics.intervals import exact_share
from metrics.localisation import area_inside, energy_inside, highest_point, points_at
from predictors import PREDICTORS, Predictor
from services.explaining import Request, compute
from services.methods import list_methods
from services.model_shelf import ModelShelf

_MAX_PIXELS = 100_000_000
SCENES, SCENE_SEED = 6, 7
"""Drawn scenes, other than those that the demo's detector was trained on."""
HEADER = """| method | points to the object | 95 % interval | energy inside, median | no map | seconds, median |
|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo, a class the model finds on it, and the objects of that class."""

    image: ImageRef
    label: str
    objects: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one pair: whether the map points to an object, and the share of its evidence inside the largest."""

    is_hit: bool
    energy: float | None
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pointing", description=__doc__)
    parser.add_argument("--methods", nargs="*", default=[], help="default: all that can explain the model")
    parser.add_argument(
        "--boxes", action="store_true", help="the boxes of the demo's detector instead, on drawn scenes"
    )
    arguments = parser.parse_args()
    print("\n".join(list(describe_machine(Setting(torch.device("cpu"))))[:-1]))
    (compare_on_boxes if arguments.boxes else compare_on_photos)(arguments.methods)


def compare_on_photos(names: list[str]) -> None:
    """Print the table of a classifier."""
    folder = Path(os.environ["RELOOK_TEST_DATA"])
    predictor, spec = load_model(folder)
    pairs = list(load_pairs(folder, predictor))
    methods = {method.name: method.title for method in list_methods(predictor)}
    print(f"\n{len(pairs)} pairs of a photo and a class, MobileNetV2.\n\n{HEADER}")
    print_row("centre of what the model sees", [point_to_centre(pair) for pair in pairs])
    for name in names or list(methods):
        print_row(methods[name], [play(predictor, spec, pair, name) for pair in pairs])


def compare_on_boxes(names: list[str]) -> None:
    """Print the table of a detector. Its objects lie close together: what is beside a box is often another object."""
    detector = PREDICTORS["demo"].load(ModelSpec("demo/detector"))
    scenes = [objects_of(detector, draw_for(Task.SEGMENTATION, SCENE_SEED, number).picture) for number in range(SCENES)]
    count = sum(map(len, scenes))
    print(f"\n{count} boxes of {detector.info.name} on {SCENES} drawn scenes.\n\n{HEADER}")
    for name in names or ["odam", "drise"]:
        method = EXPLAINERS[name]
        print_row(method.title, [result for scene in scenes for result in play_boxes(method(), detector, scene)])


def play_boxes(method: Explainer, detector: Predictor, scene: list[Subject]) -> list[Result | None]:
    """Explain all boxes of a scene, which share the time; None where there is no map."""
    started = time.perf_counter()
    found = method.explain_each(detector, scene)
    seconds = (time.perf_counter() - started) / len(scene)
    return [judge_box(answer, subject, seconds) for answer, subject in zip(found, scene, strict=True)]


def judge_box(answer: Saliency | ExplanationError, subject: Subject, seconds: float) -> Result | None:
    """Say whether the highest point of a map lies on its box."""
    if isinstance(answer, ExplanationError) or subject.instance is None:
        return None
    box = replace(subject.instance, polygons=())
    height, width = subject.image.shape[:2]
    is_hit = points_at(highest_point(answer.heatmap, answer.region), [box], size=(width, height))
    return Result(is_hit, energy_inside(answer.heatmap, answer.region, box), seconds)


def load_model(folder: Path) -> tuple[Predictor, ModelSpec]:
    """Return MobileNetV2 with the ImageNet weights of the folder; classes are numbered where two share a name."""
    names = MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"]
    classes = [name if names.index(name) == place else f"{name} ({place})" for place, name in enumerate(names)]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(classes))
        file.flush()
        weights = folder / "mobilenet_v2_imagenet" / "mobilenet_v2_from_qnnpack_int8.pth"
        spec = ModelSpec("torchvision/mobilenet_v2", weights=str(weights), classes=file.name)
        return ModelShelf().take(spec), spec


def load_pairs(folder: Path, predictor: Predictor) -> Iterator[Pair]:
    """Yield the pairs whose photo is there."""
    photos = folder / "coco_photos"
    for entry in json.loads((photos / "pointing_pairs_mobilenet_v2.json").read_text()):
        split, name = Path(entry["image"]).parts[-2:]
        path = photos / "images" / split / name
        if not path.exists():
            continue
        with Image.open(path) as image:
            width, height = image.size
        labels = json.loads((photos / "annotations" / Path(entry["annotations"]).name).read_text())
        objects = tuple(
            Instance(str(each["id"]), entry["category"], to_box(each["bbox"], width, height))
            for each in labels["annotations"]
            if each["image_id"] == entry["image_id"] and each["category_id"] == entry["category_id"]
        )
        label = predictor.info.classes[entry["imagenet_index"]]
        yield Pair(ImageRef(name, str(path), width, height), label, objects)


def to_box(bbox: Sequence[float], width: int, height: int) -> Box:
    """COCO's left, top, width and height in pixels -> fractions of the image."""
    left, top, across, down = bbox
    return Box(left / width, top / height, (left + across) / width, (top + down) / height)


def play(predictor: Predictor, spec: ModelSpec, pair: Pair, method: str) -> Result | None:
    """Explain the class of a pair; None where there is no map."""
    started = time.perf_counter()
    try:
        made = compute(predictor, spec, Request(pair.image, Target(pair.label), method), max_pixels=_MAX_PIXELS)
    except ExplanationError:
        return None
    return judge(made, pair, time.perf_counter() - started)


def judge(made: Explanation, pair: Pair, seconds: float) -> Result:
    """Say whether the highest point of a map lies on an object of the pair."""
    point = highest_point(made.heatmap, made.region)
    largest = max(pair.objects, key=lambda item: item.box.width * item.box.height)
    is_hit = points_at(point, pair.objects, size=(pair.image.width, pair.image.height))
    return Result(is_hit, energy_inside(made.heatmap, made.region, largest), seconds)


def point_to_centre(pair: Pair) -> Result:
    """What a map gets that always points to the middle of the model's crop, and spreads its energy evenly."""
    side = min(pair.image.width, pair.image.height) * 224 / 256
    across, down = side / pair.image.width / 2, side / pair.image.height / 2
    region = Region(0.5 - across, 0.5 - down, 0.5 + across, 0.5 + down)
    largest = max(pair.objects, key=lambda item: item.box.width * item.box.height)
    is_hit = points_at((0.5, 0.5), pair.objects, size=(pair.image.width, pair.image.height))
    return Result(is_hit, area_inside(region, largest), 0.0)


def print_row(title: str, results: Sequence[Result | None]) -> None:
    """Print a row of the table; a map that there is not counts as a miss."""
    made = [result for result in results if result is not None]
    share = exact_share(sum(result.is_hit for result in made), len(results))
    energies = [result.energy for result in made if result.energy is not None]
    print(
        f"| {title} | {share.value:.0%} ({sum(result.is_hit for result in made)} of {len(results)}) "
        f"| {share.low:.0%} to {share.high:.0%} | {median(energies):.2f} | {len(results) - len(made)} "
        f"| {median(result.seconds for result in made):.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
