"""From label files and decisions to the lines of the corrected file (resolutions.md, "Export")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from domain.class_list import take_names
from domain.decision import Verdict
from domain.project import CurrentDecision
from formats.azure.labels import parse_label_line
from formats.azure.source import has_number_classes
from services.line_outcomes import LEAVING_OUT, OutLine, Plan, decide_lines, describe, keep_line, render_new
from store.decisions import list_current
from store.engine import Connection
from store.export_rows import StoredLine, iterate_blocks, iterate_unnamed, lines_of_images
from store.sources import Source

AZURE_JSONL = "azure-jsonl"
_NUMBERED = 100
_BLOCK = 500
"""Images whose decisions are read at a time."""


def write_source(connection: Connection, source: Source, plan: Plan) -> Iterator[list[OutLine]]:
    """Yield what becomes of the lines of a label file, in order, some thousands at a time.

    An image that several files speak about counts in the newest, as on every screen.
    """
    done: set[str] = set()
    for rows in iterate_blocks(connection, source.source_id):
        if not plan.decided and not plan.newest and not plan.present:
            yield [
                OutLine(text, image_id, content, "refused" if is_refused else "untouched", (content,))
                for _, image_id, text, content, is_refused in rows
            ]
            continue
        chosen = [name for _, name, *_ in rows if name in plan.decided] if plan.decided else []
        groups = _decide_images(connection, source, plan, list(dict.fromkeys(chosen))) if chosen else {}
        settled = (_settle(row, source, plan, groups=groups, done=done) for row in rows)
        yield [line for line in settled if line is not None]


class _Group(NamedTuple):
    """The lines of a decided image, and the one that stands for all of them; None where they stay as they are."""

    rows: tuple[StoredLine, ...]
    decision: CurrentDecision | None
    outcome: OutLine | None


def _decide_images(connection: Connection, source: Source, plan: Plan, image_ids: Sequence[str]) -> dict[str, _Group]:
    found = lines_of_images(connection, source.source_id, image_ids)
    current = read_current(connection, plan, list(found))
    return {
        name: _Group(tuple(rows), current.get(name), decide_lines(rows, current.get(name), name, plan))
        for name, rows in found.items()
    }


def _settle(
    row: StoredLine, source: Source, plan: Plan, *, groups: Mapping[str, _Group], done: set[str]
) -> OutLine | None:
    """What becomes of one line; None where an earlier one stands for it."""
    _, image_id, text, content, _ = row
    is_older = image_id is not None and plan.newest.get(image_id, source.source_id) != source.source_id
    if is_older and content is not None:
        return OutLine(
            text, image_id, None, "left out", (content,), reason=f"{source.file}: a newer file has this image"
        )
    group = groups.get(image_id) if image_id is not None else None
    if image_id is not None and group is not None and group.outcome is not None and not is_older:
        is_first = image_id not in done
        done.add(image_id)
        return group.outcome if is_first else None
    line = keep_line(row, plan.task, plan.present)
    if group is None:
        return line
    return line._replace(decision=group.decision, sources=() if is_older else group.rows)


def read_current(connection: Connection, plan: Plan, image_ids: Sequence[str]) -> dict[str, CurrentDecision]:
    """The decisions in force for some images, classes called as they are now."""
    found = list_current(connection, plan.project_id, image_ids=image_ids) if image_ids else {}
    return {name: replace(each, content=take_names(each.content, plan.present)) for name, each in found.items()}


def write_new(connection: Connection, plan: Plan, *, prefix: str) -> Iterator[OutLine]:
    """Yield a line for every decided image that no label file names."""
    has_numbers: bool | None = None
    rows = iterate_unnamed(connection, plan.project_id, [source.source_id for source in plan.sources])
    for image_id, width, height, decision in _with_decisions(connection, plan, rows):
        if decision.verdict == Verdict.SKIP:
            continue
        size = (width, height)
        if decision.verdict in LEAVING_OUT:
            yield OutLine("", image_id, None, "left out", (), decision, describe(decision), size=size)
        elif decision.content is not None:
            has_numbers = uses_numbers(connection, plan) if has_numbers is None else has_numbers
            line = render_new(
                decision.content,
                plan.task,
                image_id=image_id,
                prefix=prefix,
                size=size,
                has_numbers=has_numbers,
            )
            yield line._replace(decision=decision, size=size)


def _with_decisions(
    connection: Connection, plan: Plan, rows: Iterator[Any]
) -> Iterator[tuple[str, int, int, CurrentDecision]]:
    """Read the decisions of (image_id, width, height), many at a time."""
    while block := list(islice(rows, _BLOCK)):
        decisions = read_current(connection, plan, [image_id for image_id, *_ in block])
        for image_id, width, height in block:
            yield image_id, width, height, decisions[image_id]


def uses_numbers(connection: Connection, plan: Plan) -> bool:
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
