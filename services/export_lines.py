"""From label files and decisions to the lines of the corrected file (resolutions.md, "Export")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from domain.decision import Verdict
from domain.errors import FormatError
from domain.prediction import Content, Task
from domain.project import CurrentDecision, ImageState
from formats.azure.labels import parse_label_line, parse_stored_lines
from formats.azure.render import is_untouched, render_label
from formats.azure.source import has_number_classes, merge_records
from formats.base import Record
from store.sources import SourceLine

LEAVING_OUT = {Verdict.REJECT, Verdict.FLAG}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A label file as it was read: one record and one image (or None) per line."""

    name: str
    records: tuple[Record, ...]
    image_ids: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class OutLine:
    """One line on its way out.

    Attributes:
        text: What is written.
        image_id: The image it is about, or None when the project has no such image.
        content: What the line is meant to say.
        kind: "untouched", "corrected", "new", "refused" or "left out".
        reason: Why it is refused or left out, in words.
        merged: Lines of the source this one stands for.
    """

    text: str
    image_id: str | None
    content: Content | None
    kind: str
    reason: str = ""
    merged: int = 1


def read_source(name: str, lines: Sequence[SourceLine], *, task: Task) -> SourceFile:
    """Parse the stored lines of a label file again; objects get the ids they got at the import."""
    records = parse_stored_lines([(line.line, line.text) for line in lines], task=task, file=name)
    return SourceFile(name, tuple(records), tuple(line.image_id for line in lines))


def write_sources(
    files: Sequence[SourceFile], decisions: Mapping[str, CurrentDecision], *, task: Task
) -> Iterator[OutLine]:
    """Yield what becomes of every line of every label file, in order.

    An image that several files speak about counts in the newest, as on every screen.
    """
    newest = _newest(files)
    for number, file in enumerate(files):
        yield from _write_file(file, number, newest, decisions, task)


def write_new(
    states: Sequence[ImageState], *, labelled: set[str], prefix: str, task: Task, has_numbers: bool
) -> Iterator[OutLine]:
    """Yield a line for every decided image that no label file names."""
    for state in states:
        decision, image = state.decision, state.image
        if image.image_id in labelled or decision is None or decision.verdict == Verdict.SKIP:
            continue
        if decision.verdict in LEAVING_OUT:
            yield OutLine("", image.image_id, None, "left out", _describe(decision))
        elif decision.content is not None:
            details = {"format": _format(image.image_id), "width": image.width, "height": image.height}
            yield _render(
                None,
                decision.content,
                task=task,
                image_id=image.image_id,
                image_url=f"{prefix.rstrip('/')}/{image.image_id}",
                image_details=details,
                has_numbers=has_numbers,
            )


def uses_numbers(files: Sequence[SourceFile]) -> bool:
    """Whether the label files name classes by whole numbers."""
    return any(has_number_classes(record) for file in files for record in file.records[:100])


def _newest(files: Sequence[SourceFile]) -> dict[str, int]:
    """The last file that says something about an image; the first that names it where none does."""
    newest: dict[str, int] = {}
    for number, file in enumerate(files):
        for record, name in zip(file.records, file.image_ids, strict=True):
            if name is not None and (record.content is not None or name not in newest):
                newest[name] = number
    return newest


def _write_file(
    file: SourceFile, number: int, newest: Mapping[str, int], decisions: Mapping[str, CurrentDecision], task: Task
) -> Iterator[OutLine]:
    groups: dict[str, list[Record]] = {}
    for record, image_id in zip(file.records, file.image_ids, strict=True):
        if image_id is not None and newest[image_id] == number:
            groups.setdefault(image_id, []).append(record)
    decided = {name: _decide(records, decisions.get(name), name, task) for name, records in groups.items()}
    for record, image_id in zip(file.records, file.image_ids, strict=True):
        if image_id is None:
            yield _keep(record, None)
        elif image_id not in groups:
            yield _put_aside(record, image_id, file.name)
        elif (line := decided[image_id]) is None:
            yield _keep(record, image_id)
        elif record is groups[image_id][0]:
            yield line


def _put_aside(record: Record, image_id: str, name: str) -> OutLine:
    if record.content is None:
        return _keep(record, image_id)
    return OutLine(record.text, image_id, None, "left out", f"{name}: a newer file has this image")


def _decide(records: Sequence[Record], decision: CurrentDecision | None, image_id: str, task: Task) -> OutLine | None:
    """Return the line that stands for all lines of an image, or None where they stay as they are."""
    if decision is not None and decision.verdict in LEAVING_OUT:
        return OutLine(records[0].text, image_id, None, "left out", _describe(decision), merged=len(records))
    if decision is None or decision.content is None:
        return None
    whole = merge_records(records, task=task)
    if is_untouched(whole, decision.content, task=task):
        return None
    return replace(_render(whole, decision.content, task=task, image_id=image_id), merged=len(records))


def _keep(record: Record, image_id: str | None) -> OutLine:
    if record.is_refused:
        found = next(finding for finding in record.findings if finding.severity == "error")
        return OutLine(record.text, image_id, record.content, "refused", f"{found.code}: {found.message}")
    return OutLine(record.text, image_id, record.content, "untouched")


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
        return OutLine(before.text if before else "", image_id, content, "refused", str(error))
    kept = _keep(parse_label_line(text, task=task), image_id)
    if kept.kind == "refused":
        return OutLine(text, image_id, content, "refused", kept.reason)
    return OutLine(text, image_id, content, "corrected" if before is not None else "new")


def _describe(decision: CurrentDecision) -> str:
    word = {"reject": "rejected", "flag": "flagged"}[decision.verdict]
    return f"{word} by {decision.reviewer}" + (f": {decision.note}" if decision.note else "")


def _format(image_id: str) -> str:
    return PurePosixPath(image_id).suffix.lower().lstrip(".")
