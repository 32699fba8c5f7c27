"""What must hold whatever a file holds: only domain errors, no hang, and nothing lost without a word."""

from __future__ import annotations

import faulthandler
import math
import shutil
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from domain.errors import RelookError
from domain.finding import Finding
from domain.prediction import Instances, Task, count_things
from formats import FORMATS
from formats.base import FileReport, Losses, Record
from formats.base.files import look_at
from tests.fuzz.mutations import mutations_for
from tests.fuzz.specimens import Specimen, read_options, write_options

_WATCH_SECONDS = 20
_WRITE_EVERY = 8
_MENDING = 0.25


class Hang(BaseException):
    """The watchdog barked; no `except Exception` may catch it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a file gave.

    Attributes:
        records: All of them.
        report: What concerns the whole file.
        error: The domain error that ended it, if one did.
    """

    records: tuple[Record, ...]
    report: FileReport
    error: RelookError | None = None

    @property
    def findings(self) -> list[Finding]:
        """About the file and about its records."""
        return [*self.report.findings, *(finding for record in self.records for finding in record.findings)]

    @property
    def words(self) -> set[tuple[str, str]]:
        """What the findings say, wherever."""
        return {(finding.code, finding.message) for finding in self.findings}

    @property
    def things(self) -> tuple[int, int]:
        """Images and objects or classes."""
        return len(self.records), sum(count_things(record.content) for record in self.records)


@dataclass(frozen=True, slots=True)
class Violation:
    """What should not have happened.

    Attributes:
        case: Number of the file, to make it again.
        kind: "raised", "silent drop", "hang", ...
        detail: Where and what; equal for equal causes.
        mutation: What was done to which file.
    """

    case: int
    kind: str
    detail: str
    mutation: str


def read(specimen: Specimen, task: Task | None, *, mends: bool = False) -> Reading:
    """Read a specimen as it lies there now."""
    found = FORMATS[specimen.format_name]()
    report = FileReport(specimen.place.name, found.rules, task=task)
    records: list[Record] = []
    try:
        found.recognises(look_at(specimen.place))
        records.extend(found.read(specimen.place, read_options(task, mends=mends), report))
    except RelookError as error:
        return Reading(tuple(records), report, error)
    return Reading(tuple(records), report)


def run_case(specimens: list[Specimen], case: int, seed: str, scratch: Path) -> Violation | None:
    """Make one mutated file, read it and judge; the same numbers give the same file."""
    random = Random(f"{seed} {specimens[0].format_name} {case}")
    specimen = random.choice(specimens)
    name, content = random.choices(specimen.files, [len(content) for _, content in specimen.files])[0]
    mutation = random.choice(mutations_for(content))
    task = random.choice([specimen.task, None])
    mends = random.random() < _MENDING
    what = f"{mutation.name}, {specimen.name}, {name}{'' if task else ', task not named'}{', mended' if mends else ''}"
    meant = read(specimen, task, mends=mends)
    try:
        (specimen.root / name).write_bytes(mutation.change(content, random))
        with watching():
            found = read(specimen, task, mends=mends)
            wrong = judge(found) or judge_loss(meant, found, may_lose=mutation.may_lose)
            if not wrong and case % _WRITE_EVERY == 0:
                write_again(specimen, found.records, scratch)
    except Hang:
        wrong = ("hang", f"over {_WATCH_SECONDS} s")
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        wrong = ("raised", _where(error))
    finally:
        specimen.restore()
    return Violation(case, *wrong, what) if wrong else None


def judge(found: Reading) -> tuple[str, str] | None:
    """Whether what was read is fit to be kept and shown."""
    file_is_told = bool(found.report.findings) or found.error is not None
    for record in found.records:
        if record.content is None and not record.findings and not file_is_told:
            return "silent drop", "a record without content and without a finding"
        wrong = _judge_content(record)
        if wrong:
            return wrong
    for finding in found.findings:
        if not _is_text(finding.message) or not finding.message or (finding.line is not None and finding.line < 1):
            return "bad finding", f"{finding.code}: {finding.message!r:.80}, line {finding.line}"
    return None


def _judge_content(record: Record) -> tuple[str, str] | None:
    names = [record.image_url]
    numbers: list[float] = []
    if isinstance(record.content, Instances):
        for item in record.content.items:
            names.append(item.label)
            numbers += [*item.box.as_tuple(), *(value for ring in item.polygons for value in ring)]
            if item.score is not None and not 0 <= item.score <= 1:
                return "bad content", "a score outside 0 to 1"
        ids = [item.instance_id for item in record.content.items]
        if len(set(ids)) < len(ids):
            return "bad content", "two objects with one id"
    elif record.content is not None:
        names += record.content.names
        if not all(0 <= score <= 1 for score in record.content.scores.values()):
            return "bad content", "a probability outside 0 to 1"
    if not all(_is_text(name) and "\0" not in name for name in names):
        return "bad content", "a name that no file can hold"
    return None if all(map(math.isfinite, numbers)) else ("bad content", "a number that is not finite")


def judge_loss(meant: Reading, found: Reading, *, may_lose: bool) -> tuple[str, str] | None:
    """Whether something is gone without a word."""
    if may_lose or found.error is not None or found.words - meant.words:
        return None
    for noun, before, after in zip(("images", "objects"), meant.things, found.things, strict=True):
        if after < before:
            return "silent drop", f"{noun} lost"
    return None


def write_again(specimen: Specimen, records: tuple[Record, ...], scratch: Path) -> None:
    """Whatever could be read can be fitted and written."""
    found = FORMATS[specimen.format_name]()
    options = write_options(specimen.task, suffix=found.suffix, picture=specimen.root.parent / "picture.png")
    fitted = (found.fit(record, options, Losses()) for record in records)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    place = scratch / f"again{found.suffix}" if found.suffix else scratch
    try:
        found.write(place, (record for record in fitted if record is not None), options)
    except RelookError:
        return


@contextmanager
def watching(seconds: int = _WATCH_SECONDS) -> Iterator[None]:
    """Raise `Hang` in what takes too long; where even that does not help the process ends with a traceback."""

    def bark(_signal: int, _frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, bark)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def end_when_stuck(seconds: int) -> None:
    """End the process with a traceback unless this is called again in time."""
    faulthandler.dump_traceback_later(seconds, exit=True)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _where(error: Exception) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/formats/" in frame.filename]
    place = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {str(error)[:100]} ({place.filename.rsplit('/formats/')[-1]}:{place.lineno})"
