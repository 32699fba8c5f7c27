"""What is particular to a detector that learns: its pictures and objects, its file, and how two are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.orientation import box_to_upright, segment_to_upright
from domain.prediction import Content, Instances, Task
from domain.progress import Report
from domain.project import Project
from metrics.detection import ObjectPair, Shape, score_objects
from services.evaluate_sides import ObjectSide, make_side, object_headlines
from services.evaluation_rows import Said
from services.explaining import Model
from services.learning_classes import Objects, divide_kept, notes_on, trusted
from services.learning_data import LabelledImage, Material
from services.learning_pictures import lay_down, turned_by
from services.learning_result import Answers, flip_kind
from services.slow_imports import importing_torch
from store.contents import encode
from store.evaluation_rows import SaidContent, look_into
from training.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from predictors import Predictor
    from predictors.detector import Detector
    from training.object_examples import ObjectExamples

SURE = 0.5
"""The old model teaches the objects it gives such a score."""

_FIGURES = ("map", "map50", "precision", "recall")


def network_of(predictor: Predictor) -> Any:
    """The network that learns; None where it cannot be reached."""
    return getattr(predictor, "detector", None)


def read_examples(
    parent: Model,
    material: Material,
    recipe: Recipe,
    objects: Objects,  # noqa: ARG001  both kinds are asked alike
    *,
    file: Path,
    max_pixels: int,
    report: Report,
) -> tuple[ObjectExamples, list[str]]:
    """Return what is learned from, and what to know about it; as `services.learning_classes.read_examples`."""
    with importing_torch:
        from predictors.devices import choose_device  # noqa: PLC0415
        from training.object_examples import ObjectExamples, as_seen  # noqa: PLC0415

    detector: Detector = parent[0]  # pyright: ignore[reportAssignmentType]
    images = [*material.learn, *material.choose]
    is_label = trusted(images, recipe)
    is_label[len(material.learn) :] = True
    known: dict[int, Instances] = {}

    def see(place: int, picture: RGBImage) -> NDArray[np.uint8]:
        known[place] = _labelled(images[place], parent[1]) if is_label[place] else _taught(detector, picture)
        return as_seen(detector.detector, detector.to_input(picture))

    read = lay_down([each.image for each in images], parent[1], see, file=file, max_pixels=max_pixels, report=report)
    learn, choose = divide_kept(read, material)
    examples = ObjectExamples(
        read.pictures,
        [known[place] for place in read.kept],
        is_label[list(read.kept)],
        learn,
        choose,
        choose_device(recipe.device),
        {name: detector.class_index(name) for name in detector.info.classes},
        box_precision,
    )
    return examples, notes_on(images, read) + _notes_on_objects(detector.info.task, [*known.values()])


def weight_facts(predictor: Predictor, spec: ModelSpec) -> dict[str, Any]:
    """What a loader reads from the header of the weights, beside classes and task."""
    transform = network_of(predictor).transform
    if spec.runtime != "demo":
        return {}
    sides = {"height": transform.max_size, "width": transform.min_size[-1]}
    return {"builder": "demo_detector", **sides, "mean": transform.image_mean, "std": transform.image_std}


def compare(images: Sequence[LabelledImage], answers: Answers, project: Project) -> dict[str, Any]:
    """Return figures of both with intervals, and the images only one of them gets right; plain values for JSON.

    Boxes are compared, or masks where the project is of instance segmentation, as on the Evaluate page.
    """
    both = [
        (image, one.content, other.content)
        for image, one, other in zip(images, answers.before, answers.after, strict=True)
        if isinstance(one.content, Instances) and isinstance(other.content, Instances)
    ]
    labels = [Instances(image.objects) for image, _, _ in both]
    said = Said(
        image_ids=[image.image.image_id for image, _, _ in both],
        sizes=[(image.image.width, image.image.height) for image, _, _ in both],
    )
    sides = _both_sides(labels, [(one, other) for _, one, other in both], said, project)
    headlines = object_headlines(*sides, np.ones(len(both), bool))
    was, now = (side.confusion.is_right_image(len(both)) for side in sides)
    return {
        "images": len(both),
        "both_wrong": int((~was & ~now).sum()),
        "figures": {
            each.key: {
                "before": None if each.before is None else {"value": each.before},
                "after": asdict(each.after) if each.after else None,
                "change": asdict(each.change) if each.change else None,
            }
            for each in headlines
            if each.key in _FIGURES
        },
        "flips": [
            {
                "image_id": image.image.image_id,
                "label": _counted(Instances(image.objects), 0.0),
                "before": _counted(one, project.threshold),
                "after": _counted(other, project.threshold),
                "kind": flip_kind(was_right=bool(before), is_right=bool(after)),
            }
            for (image, one, other), before, after in zip(both, was, now, strict=True)
            if before != after
        ],
    }


def box_precision(given: Sequence[Instances], found: Sequence[Instances], sizes: Sequence[tuple[int, int]]) -> float:
    """COCO's mAP of boxes at IoU 0.50 to 0.95; 0 where nothing is labelled."""
    pairs = [
        ObjectPair(label.items, said.items, width, height)
        for label, said, (width, height) in zip(given, found, sizes, strict=True)
    ]
    return score_objects(pairs, Shape.BOX).mean_ap or 0.0


def _labelled(image: LabelledImage, spec: ModelSpec) -> Instances:
    """The objects of a label as the network sees the picture."""
    turned = turned_by(spec, image.image)
    return Instances(
        tuple(
            replace(
                thing,
                box=box_to_upright(thing.box, turned),
                polygons=tuple(segment_to_upright(ring, turned) for ring in thing.polygons),
            )
            for thing in image.objects
        )
    )


def _taught(detector: Detector, picture: RGBImage) -> Instances:
    """What the old model is sure of."""
    (said,) = detector.predict([picture])
    assert isinstance(said, Instances)  # noqa: S101  so a detector answers
    return Instances(tuple(thing for thing in said.items if thing.score is not None and thing.score >= SURE))


def _notes_on_objects(task: Task, known: Sequence[Instances]) -> list[str]:
    things = [thing for each in known for thing in each.items]
    bare, crowds = sum(not thing.polygons for thing in things), sum(bool(thing.is_crowd) for thing in things)
    empty = sum(thing.box.area <= 0 for thing in things)
    notes = [f"Crowds, not learned: {crowds:,}."] if crowds else []
    notes += [f"Objects without area, not learned: {empty:,}."] if empty else []
    if task is not Task.SEGMENTATION or not bare:
        return notes
    if bare == len(things):
        return [*notes, "No object has an outline, so the part of the model that draws them stays as it is."]
    return [
        *notes,
        f"Objects without an outline: {bare:,}. Of their images boxes and classes are learned, no outlines.",
    ]


def _both_sides(
    labels: Sequence[Instances], answers: Sequence[tuple[Instances, Instances]], said: Said, project: Project
) -> tuple[ObjectSide, ObjectSide]:
    contents = [*labels, *(each for pair in answers for each in pair)]
    names = sorted({thing.label for content in contents for thing in content.items})
    given = [_stored(label) for label in labels]
    before, after = (
        make_side(given, [_stored(pair[side]) for pair in answers], said, names, project) for side in (0, 1)
    )
    return before, after


def _stored(content: Content) -> SaidContent:
    return look_into(encode(content) or "")


def _counted(content: Instances, threshold: float) -> list[str]:
    """How many of each class are shown, in words."""
    shown = Counter(thing.label for thing in content.items if thing.score is None or thing.score >= threshold)
    return [f"{count} {name}" for name, count in sorted(shown.items())]
