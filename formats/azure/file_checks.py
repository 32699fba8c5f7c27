"""What only the whole label file tells: mixed tasks, mixed class names, no usable object (JL005, JL010, JL012)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from domain.finding import Finding
from domain.prediction import Content, Task
from formats.azure.catalogue import CATALOGUE
from formats.azure.objects import list_sources
from formats.azure.report import LineReport
from formats.azure.tasks import fits_task, shape_of_label

_EVERY_TASK = ", ".join(task.value for task in Task)


class FileChecks:
    """Counts while lines pass, judges at the end."""

    def __init__(self, file: str, task: Task | None) -> None:
        self._file = file
        self._task = task
        self._lines = 0
        self._objects = 0
        self._usable = 0
        self._shapes: Counter[Task] = Counter()
        self._first_of_shape: dict[Task, int] = {}
        self._class_types: Counter[type] = Counter()
        self._first_of_type: dict[type, int] = {}

    def add(self, label: Any, content: Content | None, report: LineReport) -> None:
        """Count one line.

        Args:
            label: The value under `label`, as it stands.
            content: What was understood of it.
            report: The findings of the line.
        """
        self._lines += 1
        if content is None or (self._task is not None and not self._task.has_objects):
            self._count_shape(label, report.line)
        if self._task is None or not self._task.has_objects:
            return
        sources = list_sources(label)
        self._objects += len(sources)
        self._usable += len(sources) - self._count_refused(sources, report)
        for kind in {type(source.get("label")) for source in sources if type(source) is dict}:
            self._class_types[kind] += 1
            self._first_of_type.setdefault(kind, report.line)

    def add_plain(self, line: int, *, lines: int, objects: int, with_objects: int) -> None:
        """Count lines of the task with nothing wrong and class names as text.

        Args:
            line: The first of them that has objects.
            lines: How many there are.
            objects: Objects on them; 0 for classifications.
            with_objects: How many have any.
        """
        self._lines += lines
        self._objects += objects
        self._usable += objects
        if with_objects:
            self._class_types[str] += with_objects
            self._first_of_type[str] = min(line, self._first_of_type.get(str, line))

    def _count_shape(self, label: Any, line: int) -> None:
        shape = shape_of_label(label)
        if shape is not None:
            self._shapes[shape] += 1
            self._first_of_shape.setdefault(shape, line)

    def _count_refused(self, sources: list[Any], report: LineReport) -> int:
        if not report.findings:
            return 0
        refused = report.refused_objects()
        return len(sources) if None in refused else len(refused)

    @property
    def lines(self) -> int:
        """Lines counted so far."""
        return self._lines

    def findings(self) -> list[Finding]:
        """Judge the file; empty for a file without lines."""
        return [*self._judge_task(), *self._judge_class_types(), *self._judge_objects()] if self._lines else []

    def _judge_task(self) -> list[Finding]:
        if self._task is None:
            message = f"The task cannot be told: none of the labels, {self._lines} in all, says what it is for."
            return [self._find("JL005", message, None, f"Name the task: {_EVERY_TASK}.")]
        strange = [shape for shape in self._shapes if not fits_task(shape, self._task)]
        if not strange:
            return []
        counts = ", ".join(f"{self._shapes[shape]} as for {shape.in_words}" for shape in strange)
        message = f"The file is read for {self._task.in_words}, but it has {counts}."
        line = min(self._first_of_shape[shape] for shape in strange)
        return [self._find("JL005", message, line, "Split the file by task, or name the right task.")]

    def _judge_class_types(self) -> list[Finding]:
        texts, numbers = self._class_types[str], self._class_types[int]
        if not texts or not numbers:
            return []
        message = f"{texts} lines have class names as text and {numbers} as numbers. Azure refuses the whole file."
        line = self._first_of_type[int if numbers <= texts else str]
        return [self._find("JL010", message, line, "Write all class names as text.")]

    def _judge_objects(self) -> list[Finding]:
        if self._task is None or not self._task.has_objects or self._usable:
            return []
        if not self._objects:
            message = f"None of {self._lines} lines has an object: every image is background. Azure refuses the file."
            return [self._find("JL012", message, None, "Label at least one object.")]
        message = f"None of {self._objects} objects can be used. Azure refuses the file."
        return [self._find("JL012", message, None, "Mend the objects; the findings of the lines say how.")]

    def _find(self, code: str, message: str, line: int | None, remedy: str) -> Finding:
        return Finding(code, CATALOGUE[code].severity, message, self._file, line, remedy=remedy)
