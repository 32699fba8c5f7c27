"""The first pass over what is to be written: its task, its classes, and whether the target can hold it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from domain.errors import InputError
from domain.finding import Finding, Severity
from domain.prediction import Content, Instances, Task
from domain.progress import Report
from formats.base import ALL_TASKS, OBJECT_TASKS, FileReport, Format, Record, Role, Rule
from services.conversion import Conversion
from services.found import Found, findings_of
from services.image_findings import as_shown, check_size
from services.merging import Repeats
from services.parity import Tally
from services.record_flow import Flow

_STEP = 500


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

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What its reader may find."""
        return self.flow.source.rules if self.flow.source is not None else ()


@dataclass(slots=True)
class Survey:
    """What the first pass finds.

    Attributes:
        report: What the reader tells about the whole.
        roles: How many records of each role there are.
        before: What is in the records of the roles that the target holds.
        found: Everything the reader found.
        repeats: The images that stand more than once.
        missing: Records whose image is not among the images that were given.
    """

    report: FileReport
    repeats: Repeats
    roles: Counter[Role] = field(default_factory=Counter[Role])
    before: Tally = field(default_factory=Tally)
    found: Found = field(default_factory=Found)
    missing: int = 0

    def begin(self, material: Material) -> Conversion:
        """Judge whether there is anything to write, and how.

        Raises:
            InputError: There is nothing, the target cannot hold it, or none of the images was found.
        """
        flow, task = material.flow, self.report.task or material.task
        if not self.before.records:
            raise self._nothing(material)
        if self.missing == self.before.records and flow.source is not None:
            raise InputError(
                f"None of its {self.missing:,} images is in the image folder.",
                where=material.name,
                remedy="Choose the folder that holds them.",
            )
        if task is None:
            raise self._explain(material, "Nothing tells what the labels are for: there is no class, box or outline.")
        if task not in flow.target.tasks:
            known = ", ".join(each.in_words for each in sorted(flow.target.tasks))
            raise InputError(f"{flow.target.title} cannot hold {task.in_words}; it holds {known}.", where=material.name)
        listed = self.report.classes or material.classes
        classes = (*listed, *sorted(name for name in self.before.classes if name and name not in listed))
        source = flow.source.name if flow.source is not None else "project"
        made = Conversion(source, flow.target.name, task, classes, self.before)
        made.findings, made.counts, made.decisions = self.found.first, self.found.counts, material.decisions
        made.notes += self._notes(flow)
        return made

    def _notes(self, flow: Flow) -> Iterator[str]:
        if self.missing and flow.source is not None:
            yield (
                f"{self.missing:,} of {self.before.records:,} records are about images that are not in the folder: "
                "their sizes are those of the file, and nothing is turned."
            )
        joined = self.repeats.count
        if joined and not flow.keeps_lines:
            yield f"{joined:,} records are about an image that stands before: they are joined with the first one."

    def _nothing(self, material: Material) -> InputError:
        if not self.roles:
            return self._explain(material, "Nothing in it can be read.")
        held = " and ".join(f"{role}s" for role in sorted(self.roles))
        wanted = " or ".join(f"{role}s" for role in sorted(material.flow.target.roles))
        return InputError(
            f"It holds {held}; {material.flow.target.title} takes {wanted}.",
            where=material.name,
            remedy=f"Choose another format than {material.flow.target.name}.",
        )

    def _explain(self, material: Material, sentence: str) -> InputError:
        """The sentence with the first thing that is wrong, which is most likely the reason."""
        error = next((finding for finding in self.found.first if finding.severity is Severity.ERROR), None)
        if error is None:
            return InputError(sentence, where=material.name, remedy=f"Name the task: {', '.join(Task)}.")
        place = f" ({error.place})" if error.place else ""
        return InputError(f"{sentence} {error.code}{place}: {error.message}", where=material.name, remedy=error.remedy)


def survey(material: Material, report: Report) -> Survey:
    """Read the material once.

    Raises:
        InputError: The target needs the sizes of images, and nothing tells them.
        Cancelled: A person asked to stop.
    """
    flow = material.flow
    seen = Survey(FileReport(material.name, material.rules, task=material.task), Repeats(flow.name_of))
    for number, record in enumerate(material.read(seen.report)):
        seen.roles[record.role] += 1
        seen.found.add(_findings(record, flow.source))
        if record.role in flow.target.roles:
            seen.before.add(record)
            seen.repeats.add(record)
            _check_size(record, flow)
            seen.missing += _look_at_image(record, flow, seen.found, material.name)
        if number % _STEP == 0:
            report(number, 0)
    seen.found.add(seen.report.take())
    return seen


def _findings(record: Record, source: Format | None) -> list[Finding]:
    return findings_of(record, source) if source is not None else list(record.findings)


def _look_at_image(record: Record, flow: Flow, found: Found, file: str) -> int:
    """1 where the image is not among those given; a size that differs from the file's is noted."""
    if flow.images is None or not record.image_url:
        return 0
    facts = flow.images.find(record.image_url)
    if facts is None:
        return 1
    is_upright = flow.source is not None and flow.source.is_upright
    found.add(list(check_size(record, as_shown(facts, is_upright=is_upright), file=file)))
    return 0


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
