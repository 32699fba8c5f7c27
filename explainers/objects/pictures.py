"""Objects to explain, picture by picture: those of one picture are explained together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.prediction import Instance
from domain.progress import PartOf, Report
from explainers.base import Saliency, Subject
from explainers.targets import chosen_object

Answer = Saliency | ExplanationError
ExplainPicture = Callable[[RGBImage, list[Instance], Report], list[Answer]]
"""Takes a picture, its objects, and whom to tell the progress; gives one answer per object, or raises one for all."""


def explain_pictures(subjects: Sequence[Subject], explain: ExplainPicture, report: Report) -> list[Answer]:
    """Return one answer per subject, in order; a subject without an object is answered with the reason."""
    answers: dict[int, Answer] = {}
    objects: dict[int, Instance] = {}
    for number, subject in enumerate(subjects):
        try:
            objects[number] = check_on_picture(chosen_object(subject.instance, subject.target))
        except ExplanationError as error:
            answers[number] = error
    pictures = _group([(number, subjects[number].image) for number in objects])
    for place, numbers in enumerate(pictures):
        share = PartOf(report, place, len(pictures))
        share(0, 1)
        try:
            found = explain(subjects[numbers[0]].image, [objects[number] for number in numbers], share)
        except ExplanationError as error:
            found = [error] * len(numbers)
        answers.update(zip(numbers, found, strict=True))
        share(1, 1)
    return [answers[number] for number in range(len(subjects))]


def check_on_picture(instance: Instance) -> Instance:
    """Return `instance` if some of its box lies on the picture.

    Raises:
        ExplanationError: It does not.
    """
    box = instance.box
    if min(box.x_max, 1) <= max(box.x_min, 0) or min(box.y_max, 1) <= max(box.y_min, 0):
        raise ExplanationError(
            f"The box of '{instance.label}' lies outside the image, where the model sees nothing.",
            remedy="Move the box onto the image.",
        )
    return instance


def _group(pictures: list[tuple[int, RGBImage]]) -> list[list[int]]:
    """Return the numbers that bear the same array, in order of their first."""
    groups: dict[int, list[int]] = {}
    for number, picture in pictures:
        groups.setdefault(id(picture), []).append(number)
    return list(groups.values())
