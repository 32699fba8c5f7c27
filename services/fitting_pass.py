"""The passes that make records fit a format: what is written, what is lost, and what has to be read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from domain.finding import Severity
from domain.prediction import Instances, count_things
from domain.progress import Report
from formats.base import FileReport, ImageFacts, Loss, Losses, ReadOptions, Record, Role, WriteOptions
from services.conversion import Conversion
from services.conversion_files import ImageTable, RefusedLines
from services.project_records import LEFT_OUT
from services.survey import Material, Survey

_STEP = 500
_PASSES = 3


@dataclass(slots=True)
class FittingPass:
    """Runs the material through the target's `fit`, as often as needed."""

    material: Material
    survey: Survey
    options: WriteOptions
    report: Report
    sizes: dict[str, ImageFacts] = field(default_factory=dict[str, ImageFacts])

    def run(self, conversion: Conversion, table: ImageTable, refused: RefusedLines) -> Iterator[Record]:
        """Yield what is to be written, counting it and naming what is lost."""
        for source, fitted in self._fit(conversion.losses, self.survey.before.records):
            table.add(source, fitted, conversion.losses.drain(), self.material.decided_by(source))
            if fitted is None:
                refused.add(source)
            else:
                conversion.after.add(fitted)
                yield fitted

    def meant(self) -> Iterator[Record]:
        """Yield once more what was written."""
        fitted = (record for _, record in self._fit(Losses(), 2 * self.survey.before.records))
        return (record for record in fitted if record is not None)

    @property
    def reading(self) -> ReadOptions:
        """How the written file is read back."""
        classes = dict(enumerate(self.options.classes))
        return ReadOptions(task=self.options.task, classes=classes, find_image=self.sizes.get)

    def _records(self) -> Iterable[Record]:
        return self.material.read(FileReport(self.material.name, self.material.rules, task=self.options.task))

    def _fit(self, losses: Losses, done: int) -> Iterator[tuple[Record, Record | None]]:
        flow, total = self.material.flow, self.survey.before.records
        records = self._records() if flow.keeps_lines else self.survey.repeats.merge(self._records)
        for number, record in enumerate(records):
            if number % _STEP == 0:
                self.report(min((done + number) // _PASSES, total), total)
            yield record, self._fit_one(record, losses)

    def _fit_one(self, record: Record, losses: Losses) -> Record | None:
        target = self.material.flow.target
        if record.role not in target.roles:
            losses.note(Loss.LABELS if record.role is Role.LABEL else Loss.PREDICTIONS, record.image_url)
            return None
        for index in record.unreadable_objects:
            losses.note(Loss.OBJECTS, f"{record.image_url}, object {index + 1}", "left out, see the findings")
        if record.content is None or not record.image_url:
            losses.note(_kind(record), record.image_url or f"line {record.line}", _why(record))
            return None
        passed = self.material.flow.pass_on(record)
        if self.options.task in target.needs_size_for and passed.size is None:
            losses.note(Loss.IMAGES, record.image_url, "its size is not known: no image file fits its name")
            _lose_objects(record, losses)
            return None
        return self._fit_whole(record, passed, losses)

    def _fit_whole(self, record: Record, passed: Record, losses: Losses) -> Record | None:
        """Fit a record; an image none of whose objects can be held is left out: it is no empty one."""
        target, lost_before = self.material.flow.target, losses.counts[Loss.OBJECTS]
        fitted = target.fit(passed, self.options, losses)
        given = count_things(record.content) if isinstance(record.content, Instances) else 0
        if fitted is None:
            _lose_objects(record, losses, known=losses.counts[Loss.OBJECTS] - lost_before)
        elif (
            isinstance(fitted.content, Instances) and not fitted.content.items and (given or record.unreadable_objects)
        ):
            losses.note(Loss.IMAGES, record.image_url, "none of its objects can be held, and it is no empty image")
            return None
        elif fitted.size is not None and self.options.task in target.needs_size_for:
            self.sizes[fitted.image_url] = ImageFacts(fitted.image_url, *fitted.size)
        return fitted


def _has_objects(record: Record) -> bool:
    """Whether the source names objects, be they understood or not."""
    return isinstance(record.content, Instances) and bool(record.content.items or record.unreadable_objects)


def _lose_objects(record: Record, losses: Losses, *, known: int = 0) -> None:
    """Note the objects of an image that is left out, except those that were noted one by one."""
    left = count_things(record.content) - known if isinstance(record.content, Instances) else 0
    if left > 0:
        losses.note(Loss.OBJECTS, record.image_url, "its image is left out", count=left)


def _kind(record: Record) -> Loss:
    return Loss.LEFT_OUT if any(finding.code == LEFT_OUT for finding in record.findings) else Loss.IMAGES


def _why(record: Record) -> str:
    """Why nothing of a record is written: what decided so, or what is wrong with it."""
    for finding in record.findings:
        if finding.code == LEFT_OUT:
            return finding.message
        if finding.severity is Severity.ERROR:
            return f"{finding.code}: {finding.message}"
    return "nothing is said about it"
