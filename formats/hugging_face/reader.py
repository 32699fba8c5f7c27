"""Reading one answer after the other: classes with scores, or boxes in pixels of the upright picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import FileReport, ImageFacts, Record, Role
from formats.base.numbers import finite_number
from formats.base.objects import note_odd_box

CORNERS = ("xmin", "ymin", "xmax", "ymax")
_ROUNDING = 1e-6
_SUM = 1.02


def elect_task(answers: list[Any]) -> Task | None:
    """Boxes are for detection; classes whose scores sum up to more than 1, on most images, for multi-label."""
    entries = [[each for each in answer if isinstance(each, dict)] for answer in answers if isinstance(answer, list)]
    if any("box" in each for answer in entries for each in answer):
        return Task.DETECTION
    sums = [sum(finite_number(each.get("score")) or 0.0 for each in answer) for answer in entries if answer]
    if not sums:
        return None
    return Task.MULTILABEL if sum(each > _SUM for each in sums) * 2 > len(sums) else Task.CLASSIFICATION


class AnswerReader:
    """Reads the answers of one file.

    Args:
        report: Filled while reading; `report.task` says what the answers are for.
        find_image: As in `ReadOptions`.
    """

    def __init__(self, report: FileReport, find_image: Callable[[str], ImageFacts | None]) -> None:
        self._report = report
        self._find_image = find_image
        self._first: dict[str, int] = {}

    def read(self, answer: Any, number: int, name: str) -> Record:
        """The record of answer `number`, 1-based, about the image `name`."""
        first = self._first.setdefault(name, number)
        if first != number:
            self._report.add("EX014", f"The image already has answer {first}; the last one holds.", line=number)
        size = None
        if not isinstance(answer, list):
            message = f"The answer is {shown(answer)}; expected a list of entries with label and score."
            self._report.add("EX003", message, line=number, remedy="Write [] for an image without any.")
            content = None
        elif self._report.task is not None and self._report.task.has_objects:
            facts = self._find_image(name)
            size = (facts.width, facts.height) if facts is not None else None
            content = self._read_objects(answer, number, name, size)
        else:
            content = self._read_classes(answer, number)
        return Record(number, "", name, content, findings=self._report.take(), role=Role.PREDICTION, size=size)

    def _read_classes(self, answer: list[Any], number: int) -> Content | None:
        scores: dict[str, float] = {}
        is_whole = self._report.task is not None
        for index, entry in enumerate(answer):
            found = self._read_entry(entry, number, index)
            if found is None:
                is_whole = False
            elif found[0] in scores:
                message = f"The class {shown(found[0])} stands twice; the higher score is kept."
                self._report.add("EX009", message, line=number, annotation=index, remedy="Name each class once.")
            if found is not None:
                scores[found[0]] = max(found[1], scores.get(found[0], 0.0))
        return Labels(scores) if is_whole else None

    def _read_objects(self, answer: list[Any], number: int, name: str, size: tuple[int, int] | None) -> Content | None:
        if answer and size is None:
            message = f"The size of the image {shown(name)} is not known, and its {len(answer)} boxes are in pixels."
            remedy = "Give the folder of the images; it must hold a file of that name."
            self._report.add("EX008", message, line=number, remedy=remedy)
            return None
        items = [self._read_object(entry, number, index, size or (1, 1)) for index, entry in enumerate(answer)]
        return Instances(tuple(item for item in items if item is not None))

    def _read_object(self, entry: Any, number: int, index: int, size: tuple[int, int]) -> Instance | None:
        found = self._read_entry(entry, number, index)
        box = self._read_box(entry, number, index, size) if isinstance(entry, dict) else None
        if found is None or box is None:
            return None
        item = Instance(f"hf{number}-{index}", found[0], box, found[1])
        note_odd_box(item, lambda code, message: self._report.add(code, message, line=number, annotation=index))
        return item if box.width > 0 and box.height > 0 else None

    def _read_entry(self, entry: Any, number: int, index: int) -> tuple[str, float] | None:
        """(class, score) of an entry; None (noted) when one is missing."""
        if not isinstance(entry, dict):
            message = f"The entry is {shown(entry)}; expected an object with label and score."
            self._report.add("EX003", message, line=number, annotation=index, remedy="Write it as an object.")
            return None
        if "mask" in entry:
            message = "The entry has a mask, which Relook does not read here: it is left out."
            remedy = "Convert the masks to outlines, and the file to another format, with the program it comes from."
            self._report.add("EX015", message, line=number, annotation=index, remedy=remedy)
            return None
        label, score = entry.get("label"), finite_number(entry.get("score"))
        name = str(label) if isinstance(label, int) and not isinstance(label, bool) else label
        if not isinstance(name, str) or not name.strip():
            message = f"The label is {shown(label)}; expected text that is not empty."
            self._report.add("EX004", message, line=number, annotation=index, remedy="Name the class.")
            return None
        if score is None or not -_ROUNDING <= score <= 1 + _ROUNDING:
            message = f"The score is {shown(entry.get('score'))}; expected a number from 0 to 1."
            remedy = "Divide percentages by 100; turn logits into probabilities."
            self._report.add("EX012", message, line=number, annotation=index, remedy=remedy)
            return None
        return name, min(max(score, 0.0), 1.0)

    def _read_box(self, entry: Mapping[str, Any], number: int, index: int, size: tuple[int, int]) -> Box | None:
        corners = entry.get("box")
        values = dict(_corners(corners)) if isinstance(corners, dict) else {}
        if len(values) < len(CORNERS):
            message = f"The box is {shown(corners)}; expected an object with xmin, ymin, xmax and ymax in pixels."
            self._report.add("EX005", message, line=number, annotation=index, remedy="Write them as numbers.")
            return None
        width, height = size
        return Box(values["xmin"] / width, values["ymin"] / height, values["xmax"] / width, values["ymax"] / height)


def _corners(corners: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key in CORNERS:
        number = finite_number(corners.get(key))
        if number is not None:
            yield key, number


def shown(value: Any) -> str:
    """A value as JSON, cut to fit into a sentence."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."
