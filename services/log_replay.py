"""Replaying a log: which lines its decisions lead to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from domain.class_edit import ClassEdit
from domain.class_list import fold_edits, take_names
from domain.decision import Decision, Verdict
from domain.project import CurrentDecision
from services.export_converted import write_image
from services.export_lines import AZURE_JSONL
from services.line_outcomes import LEAVING_OUT, OutLine, Plan, decide_lines, describe, keep_line, render_new
from services.log_file import hash_line
from services.log_reading import Given, Head, Line

Expected = tuple[str, str]
"""Kind and hash of a line."""

_AS_GIVEN = {"untouched", "converted", "refused"}


class Replay:
    """Holds what the log said up to its lines, and tells of every line whether the decisions lead to it.

    Attributes:
        current: Image -> the decision in force, classes called as they are now.
        undone: Decisions that are taken back.
    """

    def __init__(
        self, head: Head, formats: dict[int, str], edits: Sequence[ClassEdit], decisions: Sequence[Decision]
    ) -> None:
        """Fold both logs; `formats` tells the format of each label file by its number."""
        self._head = head
        self._formats = formats
        present = fold_edits(head.classes, edits).present
        self._plan = Plan(0, head.task, (), set(), {}, head.classes, present)
        self.undone = undone_decisions(decisions)
        self.current = {
            decision.image_id: _as_current(decision, self._plan)
            for decision in decisions
            if decision.undoes is None and decision.decision_id not in self.undone
        }
        self._groups: dict[tuple[int, str], deque[Expected]] = {}
        self._kept: dict[tuple[int, str | None], deque[Expected]] = {}
        self._seen: set[str] = set()

    def take(self, given: Given) -> None:
        """Work out what the lines of an image become, before they come."""
        decision = self.current.get(given.image_id) if given.image_id is not None else None
        if decision is None or given.image_id is None:
            kept = (keep_line(line, self._plan.task, self._plan.present) for line in given.lines)
            self._kept.setdefault((given.source, given.image_id), deque()).extend(map(_expect, kept))
        else:
            lines = self._decide(given, given.image_id, decision)
            self._groups[given.source, given.image_id] = deque(map(_expect, lines))

    def judge(self, source: int, line: Line) -> str:
        """Say what is wrong about a line; empty when it is what the log leads to."""
        if line.is_older:
            return "" if len(self._formats) > 1 else "it is said to stand in a newer file, and there is one file only"
        decision = self.current.get(line.image_id) if line.image_id is not None else None
        if line.image_id is not None and decision is not None:
            self._seen.add(line.image_id)
            waiting = self._groups.get((source, line.image_id))
            told = f"what {describe_decision(decision)} leaves"
        else:
            waiting = self._kept.get((source, line.image_id))
            told = "the line of the label file with its classes as they are called now"
            if line.kind in _AS_GIVEN and not waiting:
                return ""
        if not waiting:
            return f"it is {line.kind}, and no decision in the log leads there"
        return "" if waiting.popleft() == (line.kind, line.digest) else f"it is not {told}"

    def find_missing(self) -> Iterator[tuple[str, str]]:
        """Yield images of which lines did not come, with the reason; asked once at the end."""
        for (_, image_id), waiting in self._groups.items():
            if waiting:
                yield image_id, f"{len(waiting)} of its lines are missing"
        for image_id, decision in self.current.items():
            speaks = decision.verdict in LEAVING_OUT or decision.content is not None
            if image_id not in self._seen and speaks and decision.verdict != Verdict.SKIP:
                yield image_id, f"it has no line, although {describe_decision(decision)} is in force"

    def _decide(self, given: Given, image_id: str, decision: CurrentDecision) -> Iterable[OutLine]:
        if given.size is not None:
            return [self._render(given, image_id, decision, size=given.size)]
        if not given.lines:
            return []
        outcome = decide_lines(given.lines, decision, image_id, self._plan)
        if outcome is not None:
            return [outcome]
        return (keep_line(line, self._plan.task, self._plan.present) for line in given.lines)

    def _render(self, given: Given, image_id: str, decision: CurrentDecision, *, size: tuple[int, int]) -> OutLine:
        """A line that has none of Azure's to start from."""
        plan, prefix = self._plan, self._head.prefix
        if given.source and self._formats.get(given.source) != AZURE_JSONL:
            return write_image(image_id, given.lines, decision, plan, prefix=prefix, size=size)
        if decision.verdict in LEAVING_OUT or decision.content is None:
            return OutLine("", image_id, None, "left out", (), decision, "")
        return render_new(
            decision.content,
            plan.task,
            image_id=image_id,
            prefix=prefix,
            size=size,
            has_numbers=self._head.has_numbers,
        )


def undone_decisions(decisions: Iterable[Decision]) -> set[str]:
    """The decisions and undos that are taken back, and not brought back."""
    undos = [decision for decision in decisions if decision.undoes is not None]
    redone = {undo.undoes for undo in undos}
    return {undo.undoes for undo in undos if undo.undoes is not None and undo.decision_id not in redone}


def describe_decision(decision: CurrentDecision) -> str:
    """A decision in a few words."""
    if decision.verdict in LEAVING_OUT:
        return f"'{describe(decision)}'"
    return f"'{decision.verdict}' by {decision.reviewer} ({decision.decided_at:%Y-%m-%d %H:%M:%S} UTC)"


def _expect(line: OutLine) -> Expected:
    return line.kind, hash_line(line.text.encode(errors="replace"))


def _as_current(decision: Decision, plan: Plan) -> CurrentDecision:
    content = take_names(decision.content, plan.present)
    return CurrentDecision(
        decision.decision_id,
        decision.verdict.value,
        content,
        decision.reviewer,
        decision.note,
        decision.decided_at,
        decision.region,
    )
