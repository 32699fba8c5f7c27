"""Whether a log is whole, and whether it replays to the labels beside it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.class_edit import ClassEdit
from domain.decision import Decision
from domain.errors import FormatError
from services.line_outcomes import WRITTEN
from services.log_compare import LabelsFile
from services.log_reading import (
    Head,
    ReadRow,
    Row,
    iterate_rows,
    read_decision,
    read_edit,
    read_given,
    read_head,
    read_lines,
    read_source,
)
from services.log_replay import Replay

MOST_LISTED = 200

_ORDER = {"head": 0, "source": 1, "class": 2, "decision": 3, "given": 4, "lines": 4, "end": 5}


@dataclass(slots=True)
class Verified:
    """What was found.

    Attributes:
        project: Name of the project the log is of.
        rows: Kind of row -> how many.
        reviewers: Who decided -> how often.
        undone: Decisions that are taken back.
        decided: Images with a decision in force.
        lines: Kind of line -> how many.
        seal: SHA-256 of the last row; the one to keep elsewhere.
        problems: What is wrong with the log itself, the first ones.
        differences: (image, what is wrong) where the log does not lead to its own lines or to the labels, the first
            ones.
        found: How many problems and differences there are in all.
        is_compared: Labels were held against it.
    """

    project: str = ""
    rows: Counter[str] = field(default_factory=Counter[str])
    reviewers: Counter[str] = field(default_factory=Counter[str])
    undone: int = 0
    decided: int = 0
    lines: Counter[str] = field(default_factory=Counter[str])
    seal: str = ""
    problems: list[str] = field(default_factory=list[str])
    differences: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    found: int = 0
    is_compared: bool = False

    def note(self, problem: str) -> None:
        """Add something that is wrong with the log."""
        self.found += 1
        if len(self.problems) < MOST_LISTED:
            self.problems.append(problem)

    def tell(self, image_id: str | None, difference: str) -> None:
        """Add a line that is not what it should be."""
        self.found += 1
        if len(self.differences) < MOST_LISTED:
            self.differences.append((image_id or "(an image the project does not have)", difference))


def verify_log(log: Path, labels: Path | None = None, *, seal: str = "") -> Verified:
    """Check the chain of a log, replay it, and hold it against the labels that were exported with it.

    Args:
        log: NAME.log.jsonl of an export.
        labels: NAME.jsonl of the same export, or None.
        seal: The seal that was noted when it was written, or empty.

    Raises:
        InputError: A file cannot be opened.
        FormatError: It is no log of Relook.
    """
    found = Verified(is_compared=labels is not None)
    with ExitStack() as stack:
        file = stack.enter_context(LabelsFile(labels, found.tell)) if labels is not None else None
        reading = _Reading(found, file)
        for row in iterate_rows(log):
            reading.take(row)
        reading.finish()
    if seal and seal.strip().lower() != found.seal:
        found.note(
            f"The seal is {found.seal}; expected {seal.strip()}: the log was written anew or changed at its end."
        )
    return found


class _Reading:
    """What is known while a log is read."""

    def __init__(self, found: Verified, file: LabelsFile | None) -> None:
        self.found = found
        self._file = file
        self._head: Head | None = None
        self._formats: dict[int, str] = {}
        self._edits: list[ClassEdit] = []
        self._decisions: list[Decision] = []
        self._ids: dict[str, str] = {}
        self._last_seq = {"class": 0, "decision": 0}
        self._replay: Replay | None = None
        self._stage = 0
        self._end: Row = {}

    def take(self, read: ReadRow) -> None:
        """Take one row in; what is wrong with it is noted, and the rest goes on."""
        if read.number == 1:
            self._head = read_head(read.row)
            self.found.project = self._head.project
        if read.problem:
            self.found.note(f"Row {read.number:,}: {read.problem}.")
        self.found.seal = read.seal
        kind = read.row.get("row")
        if not isinstance(kind, str) or kind not in _ORDER:
            if read.row:
                self.found.note(f"Row {read.number:,}: there is no kind of row {str(kind)[:40]!r}.")
            return
        self.found.rows[kind] += 1
        if _ORDER[kind] < self._stage or (kind == "head") != (read.number == 1) or self._end:
            self.found.note(f"Row {read.number:,}: a row of kind '{kind}' does not belong there.")
            return
        self._stage = _ORDER[kind]
        try:
            self._read(kind, read)
        except FormatError as error:
            self.found.note(f"Row {read.number:,}: {error.message}")

    def finish(self) -> None:
        """Check what can be told only at the end.

        Raises:
            FormatError: The file is empty.
        """
        if self._head is None:
            raise FormatError("The log is empty.", remedy="Export again.")
        replay = self._start()
        if not self._end:
            self.found.note("The log ends without its last row: rows are missing at the end.")
        elif self._end.get("rows") != sum(self.found.rows.values()):
            told, there = self._end.get("rows"), sum(self.found.rows.values())
            self.found.note(f"The last row counts {told} rows; there are {there:,}.")
        for image_id, difference in replay.find_missing():
            self.found.tell(image_id, difference)
        self.found.undone = sum(decision.decision_id in replay.undone for decision in self._decisions)
        self.found.decided = len(replay.current)
        if self._file is not None:
            self._file.finish(sha256=str(self._end.get("labels_sha256", "")))

    def _read(self, kind: str, read: ReadRow) -> None:
        row = read.row
        if kind == "source":
            number, format_name = read_source(row)
            self._formats[number] = format_name
        elif kind == "class":
            seq, edit = read_edit(row)
            self._check_place(kind, seq, read.number)
            self._check_undone(edit.edit_id, edit.undoes, "", read.number)
            self._edits.append(edit)
        elif kind == "decision":
            seq, decision = read_decision(row)
            self._check_place(kind, seq, read.number)
            self._check_undone(decision.decision_id, decision.undoes, decision.image_id, read.number)
            self._decisions.append(decision)
            self.found.reviewers[decision.reviewer] += 1
        elif kind == "given":
            self._start().take(read_given(row))
        elif kind == "lines":
            self._read_lines(row)
        elif kind == "end":
            self._end = row

    def _read_lines(self, row: Row) -> None:
        replay = self._start()
        source, lines = read_lines(row)
        for line in lines:
            self.found.lines[line.kind] += 1
            if difference := replay.judge(source, line):
                self.found.tell(line.image_id, difference)
            if self._file is not None and line.kind in WRITTEN:
                self._file.expect(line)

    def _check_place(self, kind: str, seq: int, number: int) -> None:
        if seq <= self._last_seq[kind]:
            self.found.note(f"Row {number:,}: number {seq} of its log stands behind {self._last_seq[kind]}.")
        self._last_seq[kind] = max(seq, self._last_seq[kind])

    def _check_undone(self, row_id: str, undoes: str | None, about: str, number: int) -> None:
        if row_id in self._ids:
            self.found.note(f"Row {number:,}: a row of the same id stands before it.")
        if undoes is not None and self._ids.get(undoes) != about:
            self.found.note(f"Row {number:,}: it takes back {undoes[:64]!r}, which no row before it is.")
        self._ids[row_id] = about

    def _start(self) -> Replay:
        if self._replay is None:
            head: Any = self._head
            self._replay = Replay(head, self._formats, self._edits, self._decisions)
        return self._replay
