"""What becomes of the lines about one image: kept, renamed, corrected, added, refused or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from domain.class_list import take_names
from domain.decision import Verdict
from domain.errors import FormatError
from domain.prediction import Content, Task
from domain.project import CurrentDecision
from formats.azure.labels import parse_label_line, parse_stored_lines
from formats.azure.render import is_untouched, render_label
from formats.azure.source import merge_records
from formats.base import Record
from store import contents
from store.export_rows import StoredLine
from store.sources import Source

LEAVING_OUT = {Verdict.REJECT, Verdict.FLAG}
WRITTEN = ("untouched", "converted", "renamed", "corrected", "new")


class OutLine(NamedTuple):
    """One line on its way out.

    Attributes:
        text: What is written.
        image_id: The image it is about, or None when the project has no such image.
        content: What the line is meant to say, as the store keeps it.
        kind: "untouched", "converted", "renamed" (a class is called otherwise), "corrected", "new", "refused" or
            "left out".
        given: What the lines of the source say that this one stands for.
        decision: The one in force for the image.
        reason: Why it is left out or cannot be written, in words; of a refused line its findings say why.
        sources: The lines it was made of, where more was done than to copy one.
        size: (width, height) in pixels, 0 when not known, where the line was made without Azure's.
    """

    text: str
    image_id: str | None
    content: str | None
    kind: str
    given: tuple[str | None, ...] = ()
    decision: CurrentDecision | None = None
    reason: str = ""
    sources: tuple[StoredLine, ...] = ()
    size: tuple[int, int] | None = None


class Plan(NamedTuple):
    """What is known about a project before its lines are read.

    Attributes:
        project_id: The project.
        task: What its labels are.
        sources: Its label files, oldest first.
        decided: The images with a decision in force.
        newest: Image -> number of the file that counts, for images that several files speak about.
        names: Every class name that files and people brought.
        present: Those that are called otherwise now -> what they are called.
    """

    project_id: int
    task: Task
    sources: Sequence[Source]
    decided: set[str]
    newest: Mapping[str, int]
    names: Sequence[str]
    present: Mapping[str, str]

    @property
    def line_count(self) -> int:
        return sum(source.line_count for source in self.sources)


def keep_line(row: StoredLine, task: Task, present: Mapping[str, str]) -> OutLine:
    """A line that nobody decided about: as it stands, or with classes called as they are now."""
    _, image_id, text, content, is_refused = row
    if is_refused or not present or content is None or present.keys().isdisjoint(contents.look_into(content).names):
        return OutLine(text, image_id, content, "refused" if is_refused else "untouched", (content,))
    before = parse_label_line(text, task=task)
    if before.content is None:
        return OutLine(text, image_id, content, "untouched", (content,))
    line = _render(before, take_names(before.content, present), task=task, image_id=image_id)
    kind = "renamed" if line.kind == "corrected" else line.kind
    return line._replace(kind=kind, given=(content,), sources=(row,))


def render_new(
    content: Content,
    task: Task,
    *,
    image_id: str,
    prefix: str,
    size: tuple[int, int],
    address: str = "",
    has_numbers: bool = False,
) -> OutLine:
    """A line for an image that no line of Azure's names.

    Args:
        content: Its label.
        task: What the file is for.
        image_id: Its path.
        prefix: Precedes the path, unless `address` is an address already.
        size: (width, height) in pixels, 0 when it is not known.
        address: What names the image elsewhere.
        has_numbers: The other lines name classes by whole numbers.
    """
    width, height = size
    details = {"format": _format(image_id), "width": width, "height": height} if width and height else None
    return _render(
        None,
        content,
        task=task,
        image_id=image_id,
        image_url=address if "://" in address else f"{prefix.rstrip('/')}/{image_id}",
        image_details=details,
        has_numbers=has_numbers,
    )


def why_refused(line: OutLine, task: Task) -> str:
    """The first thing the platform would refuse a line for."""
    if line.reason:
        return line.reason
    return _first_error(parse_label_line(line.text, task=task))


def decide_lines(
    rows: Sequence[StoredLine], decision: CurrentDecision | None, image_id: str, plan: Plan
) -> OutLine | None:
    """Return the line that stands for all lines of an image, or None where they stay as they are."""
    given = tuple(row.content for row in rows)
    if decision is not None and decision.verdict in LEAVING_OUT:
        line = OutLine(rows[0].text, image_id, None, "left out", given, decision, describe(decision))
        return line._replace(sources=tuple(rows))
    if decision is None or decision.content is None:
        return None
    task = plan.task
    whole = merge_records(parse_stored_lines([(row.line, row.text) for row in rows], task=task), task=task)
    if is_untouched(whole, decision.content, task=task):
        return None
    line = _render(whole, decision.content, task=task, image_id=image_id)
    line = line._replace(given=given, decision=decision, sources=tuple(rows))
    is_renamed = line.kind == "corrected" and take_names(whole.content, plan.present) == decision.content
    return line._replace(kind="renamed") if is_renamed else line


def _render(
    before: Record | None,
    content: Content,
    *,
    task: Task,
    image_id: str | None,
    image_url: str = "",
    image_details: Mapping[str, object] | None = None,
    has_numbers: bool = False,
) -> OutLine:
    meant = contents.encode(content)
    try:
        text = render_label(
            before,
            content,
            task=task,
            image_url=image_url,
            image_details=image_details,
            has_numbers=has_numbers,
        )
    except FormatError as error:
        return OutLine(before.text if before else "", image_id, meant, "refused", reason=str(error))
    record = parse_label_line(text, task=task)
    if record.is_refused:
        return OutLine(text, image_id, meant, "refused", reason=_first_error(record))
    return OutLine(text, image_id, meant, "corrected" if before is not None else "new")


def _first_error(record: Record) -> str:
    found = next((finding for finding in record.findings if finding.severity == "error"), None)
    return f"{found.code}: {found.message}" if found else "The platform would refuse it."


def describe(decision: CurrentDecision) -> str:
    """Why an image is left out, in words."""
    word = {"reject": "rejected", "flag": "flagged"}[decision.verdict]
    return f"{word} by {decision.reviewer}" + (f": {decision.note}" if decision.note else "")


def _format(image_id: str) -> str:
    return PurePosixPath(image_id).suffix.lower().lstrip(".")
