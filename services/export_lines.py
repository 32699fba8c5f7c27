"""From label files and decisions to the lines of the corrected file (resolutions.md, "Export")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from domain.decision import Verdict
from domain.errors import FormatError
from domain.prediction import Content, Task
from domain.project import CurrentDecision
from formats.azure.labels import parse_label_line, parse_stored_lines
from formats.azure.render import is_untouched, render_label
from formats.azure.source import has_number_classes, merge_records
from formats.base import Record
from store import contents
from store.decisions import list_current
from store.engine import Connection
from store.export_rows import iterate_blocks, iterate_unnamed, lines_of_images
from store.sources import Source

AZURE_JSONL = "azure-jsonl"
LEAVING_OUT = {Verdict.REJECT, Verdict.FLAG}
WRITTEN = ("untouched", "converted", "corrected", "new")

_NUMBERED = 100


class OutLine(NamedTuple):
    """One line on its way out.

    Attributes:
        text: What is written.
        image_id: The image it is about, or None when the project has no such image.
        content: What the line is meant to say, as the store keeps it.
        kind: "untouched", "converted", "corrected", "new", "refused" or "left out".
        given: What the lines of the source say that this one stands for.
        decision: The one in force for the image.
        reason: Why it is left out or cannot be written, in words; of a refused line its findings say why.
    """

    text: str
    image_id: str | None
    content: str | None
    kind: str
    given: tuple[str | None, ...] = ()
    decision: CurrentDecision | None = None
    reason: str = ""


class Plan(NamedTuple):
    """What is known about a project before its lines are read.

    Attributes:
        project_id: The project.
        task: What its labels are.
        sources: Its label files, oldest first.
        decided: The images with a decision in force.
        newest: Image -> number of the file that counts, for images that several files speak about.
    """

    project_id: int
    task: Task
    sources: Sequence[Source]
    decided: set[str]
    newest: Mapping[str, int]

    @property
    def line_count(self) -> int:
        return sum(source.line_count for source in self.sources)


def write_source(connection: Connection, source: Source, plan: Plan) -> Iterator[list[OutLine]]:
    """Yield what becomes of the lines of a label file, in order, some thousands at a time.

    An image that several files speak about counts in the newest, as on every screen.
    """
    done: set[str] = set()
    for rows in iterate_blocks(connection, source.source_id):
        if not plan.decided and not plan.newest:
            yield [
                OutLine(text, image_id, content, "refused" if is_refused else "untouched", (content,))
                for _, image_id, text, content, is_refused in rows
            ]
            continue
        chosen = [name for _, name, *_ in rows if name in plan.decided] if plan.decided else []
        groups = lines_of_images(connection, source.source_id, list(dict.fromkeys(chosen))) if chosen else {}
        current = list_current(connection, plan.project_id, image_ids=list(groups)) if groups else {}
        outcomes = {name: _decide(group, current.get(name), name, plan.task) for name, group in groups.items()}
        settled = (_settle(row, source, plan, outcomes=outcomes, current=current, done=done) for row in rows)
        yield [line for line in settled if line is not None]


def _settle(
    row: Any,
    source: Source,
    plan: Plan,
    *,
    outcomes: Mapping[str, OutLine | None],
    current: Mapping[str, CurrentDecision],
    done: set[str],
) -> OutLine | None:
    """What becomes of one line; None where an earlier one stands for it."""
    _, image_id, text, content, is_refused = row
    if image_id is not None and plan.newest.get(image_id, source.source_id) != source.source_id:
        if content is not None:
            reason = f"{source.file}: a newer file has this image"
            return OutLine(text, image_id, None, "left out", (content,), None, reason)
    elif image_id is not None and (outcome := outcomes.get(image_id)) is not None:
        is_first = image_id not in done
        done.add(image_id)
        return outcome if is_first else None
    kind = "refused" if is_refused else "untouched"
    return OutLine(text, image_id, content, kind, (content,), current.get(image_id) if image_id else None)


def write_new(connection: Connection, plan: Plan, *, prefix: str) -> Iterator[OutLine]:
    """Yield a line for every decided image that no label file names."""
    has_numbers: bool | None = None
    for image_id, width, height in iterate_unnamed(connection, plan.project_id, [s.source_id for s in plan.sources]):
        decision = list_current(connection, plan.project_id, image_ids=[image_id])[image_id]
        if decision.verdict == Verdict.SKIP:
            continue
        if decision.verdict in LEAVING_OUT:
            yield OutLine("", image_id, None, "left out", (), decision, describe(decision))
        elif decision.content is not None:
            has_numbers = _uses_numbers(connection, plan) if has_numbers is None else has_numbers
            line = render_new(
                decision.content,
                plan.task,
                image_id=image_id,
                prefix=prefix,
                size=(width, height),
                has_numbers=has_numbers,
            )
            yield line._replace(decision=decision)


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


def _uses_numbers(connection: Connection, plan: Plan) -> bool:
    """Whether the label files name classes by whole numbers."""
    for source in plan.sources:
        if source.format != AZURE_JSONL:
            continue
        for rows in iterate_blocks(connection, source.source_id):
            records = [parse_label_line(row[2], task=plan.task) for row in rows[:_NUMBERED]]
            if any(map(has_number_classes, records)):
                return True
            break
    return False


def _decide(rows: Sequence[Any], decision: CurrentDecision | None, image_id: str, task: Task) -> OutLine | None:
    """Return the line that stands for all lines of an image, or None where they stay as they are."""
    given = tuple(row[3] for row in rows)
    if decision is not None and decision.verdict in LEAVING_OUT:
        return OutLine(rows[0][2], image_id, None, "left out", given, decision, describe(decision))
    if decision is None or decision.content is None:
        return None
    whole = merge_records(parse_stored_lines([(row[0], row[2]) for row in rows], task=task), task=task)
    if is_untouched(whole, decision.content, task=task):
        return None
    return _render(whole, decision.content, task=task, image_id=image_id)._replace(given=given, decision=decision)


def _render(
    before: Record | None,
    content: Content,
    *,
    task: Task,
    image_id: str,
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
