"""Reading tasks: the last annotation of each, and all predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.prediction import Content, Instances, Labels, Task
from formats.base import Facts, FileReport, ReadOptions, Record, Role
from formats.base.counts import list_counts
from formats.base.numbers import finite_number
from formats.base.pixels import read_size
from formats.label_studio.addresses import find_address, image_of
from formats.label_studio.choices import all_scores, are_sound, names_chosen, score_of
from formats.label_studio.regions import RegionReader, regions_in
from formats.label_studio.tasks import entries, is_minimal, iterate_tasks, results_of

_Size = tuple[int, int] | None


class TaskReader:
    """Turns the tasks of one file into records."""

    def __init__(self, options: ReadOptions, report: FileReport) -> None:
        self._options = options
        self._report = report
        self._not_kept: Counter[str] = Counter()
        self._untouched = 0
        self._seen: dict[str, int] = {}

    def read(self, path: Path) -> Iterator[Record]:
        """Yield a record for the label and one for each prediction of a task; the task must stand in the report.

        Raises:
            FormatError: The file cannot be opened.
        """
        for number, task in iterate_tasks(path, self._report):
            if is_minimal(task):
                message = "This is Label Studio's JSON-MIN export, which leaves out what tells shapes apart."
                self._report.add("EX003", message, line=number, remedy="Export the project as JSON.")
                return
            yield from self._read_task(number, task)
        self._finish()

    def _finish(self) -> None:
        if self._untouched:
            self._report.add("EX009", f"{self._untouched} tasks have no annotation yet and say nothing.")
        if self._not_kept:
            self._report.add("EX009", f"Relook does not keep: {list_counts(self._not_kept)}.")

    def _read_task(self, number: int, task: Any) -> Iterator[Record]:
        if not isinstance(task, dict):
            if task is not None:
                self._add(number, "EX003", "The task is no object; expected one with data and annotations.")
            yield Record(number, "", "", None, findings=self._report.take())
            return
        image = self._name(number, task)
        label, others = self._choose(number, task)
        predictions = entries(task, "predictions")
        self._untouched += label is None and not predictions
        if label is not None:
            record = self._record(number, image, label, Role.LABEL, f"ls{number}.a")
            yield replace(record, instance_ids=self._left_out(others) + record.instance_ids)
        for index, entry in enumerate(predictions):
            record = self._record(number, image, entry, Role.PREDICTION, f"ls{number}.p{index}")
            model = entry.get("model_version")
            yield replace(record, facts=Facts(model=model if isinstance(model, str) else ""))
        if self._report.findings and label is None and not predictions:
            yield Record(number, "", image, None, findings=self._report.take())

    def _add(self, number: int, code: str, message: str, remedy: str = "") -> None:
        self._report.add(code, message, line=number, remedy=remedy)

    def _name(self, number: int, task: dict[str, Any]) -> str:
        image = image_of(find_address(task.get("data")))
        if not image:
            remedy = 'Name the image: {"data": {"image": ...}}.'
            self._add(number, "EX002", "data names no image; expected its address under image.", remedy)
        elif image in self._seen:
            self._add(number, "EX014", f"{image} is the image of task {self._seen[image]} too.", "Remove one of them.")
        self._seen.setdefault(image, number)
        return image

    def _choose(self, number: int, task: dict[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """The last annotation that was not cancelled, and those before it."""
        for key in ("annotations", "completions", "predictions"):
            value = task.get(key, [])
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                remedy = "Export the project as JSON, with all annotations."
                self._add(number, "EX003", f"{key} is no list of objects with a result.", remedy)
        found = [entry for entry in entries(task, "annotations") if entry.get("was_cancelled") is not True]
        if len(found) > 1:
            self._add(number, "EX009", f"The task has {len(found)} annotations; the last one is taken.")
        return (found[-1] if found else None), found[:-1]

    def _left_out(self, others: list[dict[str, Any]]) -> tuple[str, ...]:
        """An empty id for each object of the annotations that are not taken."""
        has_objects = self._report.task is None or self._report.task.has_objects
        return ("",) * sum(len(regions_in(results_of(entry))) for entry in others if has_objects)

    def _record(self, number: int, image: str, entry: dict[str, Any], role: Role, prefix: str) -> Record:
        results = results_of(entry)
        if not isinstance(entry.get("result"), list):
            self._add(number, "EX003", "result is missing or no list.", "Export the project again.")
        if any(isinstance(item, dict) and item.get("image_rotation") for item in results):
            self._add(number, "EX009", "The picture was turned on the screen; shapes are read on the picture unturned.")
        size = self._size(image, results)
        content, ids = self._read_content(number, entry, role, prefix, size)
        found = self._report.take()
        return Record(number, "", image, content, findings=found, instance_ids=ids, role=role, size=size)

    def _size(self, image: str, results: list[Any]) -> _Size:
        for item in results:
            found = (
                read_size(item.get("original_width"), item.get("original_height")) if isinstance(item, dict) else None
            )
            if found is not None:
                return found
        facts = self._options.find_image(image) if image else None
        return (facts.width, facts.height) if facts is not None else None

    def _read_content(
        self, number: int, entry: dict[str, Any], role: Role, prefix: str, size: _Size
    ) -> tuple[Content | None, tuple[str, ...]]:
        """What an annotation or prediction says, and the ids of its regions."""
        task, results = self._report.task, results_of(entry)
        is_prediction = role is Role.PREDICTION
        if task is not None and not task.has_objects:
            read = self._read_scores if is_prediction else self._read_choices
            return read(number, entry, task), ()

        def note(index: int, code: str, message: str, remedy: str) -> None:
            self._report.add(code, message, line=number, annotation=index, remedy=remedy)

        reader = RegionReader(size, task, note, self._not_kept, scored=is_prediction)
        found, ids = reader.read(results, prefix)
        return (self._add_scores(number, entry, found) if is_prediction else found), ids

    def _add_scores(self, number: int, entry: dict[str, Any], found: Instances) -> Instances:
        """Objects without a score take that of the prediction."""
        if all(item.score is not None for item in found.items):
            return found
        score = _probability(entry.get("score"))
        if score is None:
            self._add(number, "EX012", "Neither the regions nor the prediction have a score.", "Predict with scores.")
            return found
        self._add(number, "EX009", "Regions without a score take the score of the prediction.")
        return Instances(tuple(replace(item, score=score) if item.score is None else item for item in found.items))

    def _read_choices(self, number: int, entry: dict[str, Any], task: Task) -> Labels | None:
        names = names_chosen(results_of(entry))
        self._note_shapes(number, entry)
        if task is Task.CLASSIFICATION and not names:
            self._add(number, "EX004", "Nothing is chosen; expected the class of the image.", "Choose its class.")
            return None
        if task is Task.CLASSIFICATION and len(set(names)) > 1:
            message = f"{len(names)} classes are chosen; multi-class classification expects one."
            self._add(number, "EX009", message, "Choose multi-label classification.")
        return Labels(dict.fromkeys(names, 1.0))

    def _read_scores(self, number: int, entry: dict[str, Any], task: Task) -> Labels | None:
        results = results_of(entry)
        self._note_shapes(number, entry)
        scores = all_scores(results)
        names = names_chosen(results)
        if scores or (task is Task.MULTILABEL and not names):
            return Labels(scores)
        if not names:
            self._add(number, "EX004", "Nothing is chosen; expected the class of the image.", "Predict again.")
            return None
        found = score_of(results)
        score = _probability(entry.get("score") if found is None else found)
        if score is None:
            self._add(
                number, "EX012", "The prediction has no score from 0 to 1; it is taken as certain.", "Predict again."
            )
        return Labels(dict.fromkeys(names, 1.0 if score is None else score))

    def _note_shapes(self, number: int, entry: dict[str, Any]) -> None:
        kinds = (item.get("type") for item in results_of(entry) if isinstance(item, dict))
        self._not_kept.update(str(kind)[:40] for kind in kinds if kind != "choices")
        if not are_sound(results_of(entry)):
            message = "Some results are no choices, texts or probabilities; they are left out."
            self._add(number, "EX003", message, "Export the project again.")


def _probability(value: Any) -> float | None:
    number = finite_number(value)
    return number if number is not None and 0 <= number <= 1 else None
