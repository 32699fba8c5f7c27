"""A few images and what is said about them, for every task and role: what the golden files hold."""

from __future__ import annotations

from dataclasses import replace

from domain.geometry import Box, bounding_box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import Facts, ImageFacts, Record, Role

NAMES = ("photos/kitchen 1.jpg", "photos/kitchen 2.png", "photos/empty.jpg")
SIZE = (400, 250)
CLASSES = ("mug", "plate", "spoon & fork")

TRIANGLE = (0.1, 0.2, 0.4, 0.2, 0.25, 0.6)
LEFT_HALF = (0.5, 0.4, 0.6, 0.4, 0.6, 0.8, 0.5, 0.8)
RIGHT_HALF = (0.7, 0.4, 0.8, 0.4, 0.8, 0.8, 0.7, 0.8)


def scene(task: Task, role: Role) -> list[Record]:
    """The records of a scene; predictions have scores and what monitoring formats ask for."""
    facts = Facts("detector 2", 0.25, 1_600_000_000.0, "") if role is Role.PREDICTION else Facts()
    records: list[Record] = []
    for number, name in enumerate(NAMES):
        content = _content(task, number, is_scored=role is Role.PREDICTION)
        its_facts = replace(facts, prediction_id=f"p{number}") if role is Role.PREDICTION else facts
        records.append(Record(number + 1, "", name, content, role=role, size=SIZE, facts=its_facts))
    return records


def find_image(address: str) -> ImageFacts | None:
    """Facts about the images of the scenes."""
    return ImageFacts(address, *SIZE) if address in NAMES else None


def _content(task: Task, number: int, *, is_scored: bool) -> Content:
    if task.has_objects:
        items = _outlined(number) if task is Task.SEGMENTATION else _boxed(number)
        return Instances(tuple(replace(item, score=0.75 if is_scored else None) for item in items))
    if is_scored:
        scores = ((0.5, 0.375, 0.125), (0.125, 0.75, 0.125), (0.25, 0.25, 0.5))[number]
        return Labels(dict(zip(CLASSES, scores, strict=True)))
    if task is Task.MULTILABEL:
        return Labels(dict.fromkeys((CLASSES, CLASSES[1:], ())[number], 1.0))
    return Labels({CLASSES[number]: 1.0})


def _boxed(number: int) -> tuple[Instance, ...]:
    boxes = (
        Instance("1", "mug", Box(0.125, 0.2, 0.5, 0.6)),
        Instance("2", "spoon & fork", Box(0.0, 0.48, 0.2525, 1.0)),
        Instance("3", "plate", Box(0.25, 0.1, 0.95, 0.9)),
    )
    return (boxes[:2], boxes[2:], ())[number]


def _outlined(number: int) -> tuple[Instance, ...]:
    return ((_object("1", "mug", TRIANGLE),), (_object("2", "plate", LEFT_HALF, RIGHT_HALF),), ())[number]


def _object(instance_id: str, label: str, *rings: tuple[float, ...]) -> Instance:
    box = bounding_box(rings)
    assert box is not None
    return Instance(instance_id, label, box, polygons=rings)
