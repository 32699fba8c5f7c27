"""Writing records in a format: read, fitted, written, read back and compared before anything is put in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import InputError
from domain.finding import Finding, Severity
from domain.prediction import Content, Instances, Task
from domain.progress import Report, ignore_progress
from formats.base import (
    ALL_TASKS,
    OBJECT_TASKS,
    FileReport,
    Format,
    ImageFacts,
    Loss,
    Losses,
    ReadOptions,
    Record,
    Role,
    Rule,
    WriteOptions,
)
from services.conversion import Conversion
from services.conversion_files import ImageTable, digest, placing
from services.conversion_report import write_report
from services.found import Found, findings_of
from services.merging import Repeats
from services.parity import Tally
from services.project_records import LEFT_OUT
from services.read_back import find_differences
from services.record_flow import Flow

_MOST_DIFFERENCES = 20
_STEP = 500
_PASSES = 3


@dataclass(frozen=True, slots=True)
class Material:
    """What is written: records that can be read more than once.

    Attributes:
        name: What they come from, for messages.
        read: Yields the records anew at each call; the report collects what concerns the whole.
        flow: How they get into the target format.
        task: What they are for; None when reading tells.
        model: Name of the model, for predictions.
        classes: Class names that are known beforehand.
        decided_by: The decision a record comes from, in words; empty without one.
        decisions: Verdict -> images, filled while reading.
    """

    name: str
    read: Callable[[FileReport], Iterator[Record]]
    flow: Flow
    task: Task | None = None
    model: str = ""
    classes: tuple[str, ...] = ()
    decided_by: Callable[[Record], str] = lambda _record: ""
    decisions: Counter[str] = field(default_factory=Counter[str])


def write_records(material: Material, out: Path, *, now: float, report: Report = ignore_progress) -> Conversion:
    """Write records to `out`, with a report beside it: NAME.report.json and NAME.images.csv.

    Args:
        material: What is written and how it gets into the target format.
        out: The file or, for formats of many files, the folder; a folder must be empty or missing.
        now: Unix seconds, for formats that judge timestamps.
        report: Called with (records done, records in all); one is done when it was read, written and read back.

    Raises:
        InputError: Nothing in the material can be written in the target format, or `out` cannot be written to.
        Cancelled: A person asked to stop; nothing is left behind.
    """
    survey = _survey(material, report)
    conversion = survey.begin(material)
    target = material.flow.target
    options = WriteOptions(
        task=conversion.task,
        classes=conversion.classes,
        model=material.model,
        image_file=material.flow.images.file if material.flow.images is not None else _no_file,
        now=now,
        suffix=out.suffix.lower(),
    )
    fitter = _Fitter(material, survey, options, report)
    with placing(out, is_folder=not target.suffix) as place, closing(ImageTable(place.table)) as table:
        writing = target.write(place.path, fitter.run(conversion, table), options)
        conversion.differences = fitter.compare(place.path)
        conversion.sha256 = digest(place.path)
        conversion.files = place.final(writing.files)
        write_report(conversion, place.report)
    return conversion


def _no_file(_path: str) -> Path | None:
    return None


@dataclass(slots=True)
class _Survey:
    """What the first pass over the material finds."""

    report: FileReport
    roles: Counter[Role] = field(default_factory=Counter[Role])
    before: Tally = field(default_factory=Tally)
    found: Found = field(default_factory=Found)
    repeats: Repeats = field(default_factory=Repeats)

    def begin(self, material: Material) -> Conversion:
        """Judge whether there is anything to write, and how.

        Raises:
            InputError: There is nothing, or the target cannot hold it.
        """
        flow, task = material.flow, self.report.task or material.task
        if not self.before.records:
            raise InputError(_nothing(material, self.roles), where=material.name, remedy=_other_formats(flow))
        if task is None:
            raise InputError(
                "Nothing tells what the labels are for: there is no class, box or outline.",
                where=material.name,
                remedy=f"Name the task: {', '.join(Task)}.",
            )
        if task not in flow.target.tasks:
            known = ", ".join(each.in_words for each in sorted(flow.target.tasks))
            raise InputError(f"{flow.target.title} cannot hold {task.in_words}; it holds {known}.", where=material.name)
        listed = self.report.classes or material.classes
        classes = (*listed, *sorted(name for name in self.before.classes if name and name not in listed))
        source = flow.source.name if flow.source is not None else "project"
        made = Conversion(source, flow.target.name, task, classes, self.before)
        made.findings, made.counts, made.decisions = self.found.first, self.found.counts, material.decisions
        return made


def _survey(material: Material, report: Report) -> _Survey:
    target = material.flow.target
    survey = _Survey(FileReport(material.name, _rules(material), task=material.task))
    for number, record in enumerate(material.read(survey.report)):
        survey.roles[record.role] += 1
        survey.found.add(_findings(record, material.flow.source))
        if record.role in target.roles:
            survey.before.add(record.content)
            survey.repeats.add(record)
            _check_size(record, material.flow)
        if number % _STEP == 0:
            report(number, 0)
    survey.found.add(survey.report.take())
    return survey


def _findings(record: Record, source: Format | None) -> list[Finding]:
    return findings_of(record, source) if source is not None else list(record.findings)


def _rules(material: Material) -> tuple[Rule, ...]:
    return material.flow.source.rules if material.flow.source is not None else ()


def _check_size(record: Record, flow: Flow) -> None:
    if record.content is None or record.size is not None or flow.images is not None:
        return
    if flow.target.needs_size_for & _tasks_of(record.content):
        raise InputError(
            f"{flow.target.title} holds pixels, and nothing tells the size of {record.image_url}.",
            remedy="Name the folder of the images with --images.",
        )


def _tasks_of(content: Content) -> frozenset[Task]:
    return OBJECT_TASKS if isinstance(content, Instances) else ALL_TASKS - OBJECT_TASKS


def _nothing(material: Material, roles: Mapping[Role, int]) -> str:
    if not roles:
        return "Nothing in it can be read."
    held = " and ".join(f"{role}s" for role in sorted(roles))
    wanted = " or ".join(f"{role}s" for role in sorted(material.flow.target.roles))
    return f"It holds {held}; {material.flow.target.title} takes {wanted}."


def _other_formats(flow: Flow) -> str:
    return f"Choose another format than {flow.target.name}."


@dataclass(slots=True)
class _Fitter:
    """Runs the material through the target's `fit`, as often as needed."""

    material: Material
    survey: _Survey
    options: WriteOptions
    report: Report
    sizes: dict[str, ImageFacts] = field(default_factory=dict[str, ImageFacts])

    def run(self, conversion: Conversion, table: ImageTable) -> Iterator[Record]:
        """Yield what is to be written, counting it and naming what is lost."""
        for source, fitted in self._fit(conversion.losses, self.survey.before.records):
            table.add(source, fitted, conversion.losses.drain(), self.material.decided_by(source))
            if fitted is not None:
                conversion.after.add(fitted.content)
                yield fitted

    def compare(self, path: Path) -> list[str]:
        """Read the written file and say what is not as it was meant."""
        target = self.material.flow.target
        options = ReadOptions(
            task=self.options.task, classes=dict(enumerate(self.options.classes)), find_image=self.sizes.get
        )
        found = target.read(path, options, FileReport(path.name, target.rules, task=self.options.task))
        meant = (fitted for _, fitted in self._fit(Losses(), 2 * self.survey.before.records) if fitted is not None)
        differences: list[str] = []
        for sentence in find_differences(meant, found, precision=target.precision):
            differences.append(sentence)
            if len(differences) == _MOST_DIFFERENCES:
                break
        return differences

    def _fit(self, losses: Losses, done: int) -> Iterator[tuple[Record, Record | None]]:
        flow, total = self.material.flow, self.survey.before.records
        records = self.material.read(FileReport(self.material.name, _rules(self.material), task=self.options.task))
        for number, record in enumerate(self.survey.repeats.merge(records, keeps=flow.keeps_lines)):
            if number % _STEP == 0:
                self.report(min((done + number) // _PASSES, total), total)
            yield record, self._fit_one(record, losses)

    def _fit_one(self, record: Record, losses: Losses) -> Record | None:
        target = self.material.flow.target
        if record.role not in target.roles:
            losses.note(Loss.LABELS if record.role is Role.LABEL else Loss.PREDICTIONS, record.image_url)
            return None
        if record.content is None or not record.image_url:
            losses.note(_kind(record), record.image_url or f"line {record.line}", _why(record))
            return None
        for index in record.unreadable_objects:
            losses.note(Loss.OBJECTS, f"{record.image_url}, object {index + 1}", "it cannot be understood")
        passed = self.material.flow.pass_on(record)
        needs_size = self.options.task in target.needs_size_for
        if needs_size and passed.size is None:
            losses.note(Loss.IMAGES, record.image_url, "its size is not known: no image file fits its name")
            return None
        fitted = target.fit(passed, self.options, losses)
        if fitted is not None and fitted.size is not None and needs_size:
            self.sizes[fitted.image_url] = ImageFacts(fitted.image_url, *fitted.size)
        return fitted


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
