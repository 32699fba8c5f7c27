"""What went into an export and what came out, counted line by line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from domain.prediction import Task
from services.line_outcomes import WRITTEN, OutLine, why_refused

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Parity:
    """One row of the report: the same thing counted in the project and in the file.

    Attributes:
        checked: What is counted.
        in_project: How many the project has.
        in_file: How many the file has.
        note: Why the two differ, or what else to know.
        is_fine: Nothing needs a look.
    """

    checked: str
    in_project: int
    in_file: int
    note: str = ""
    is_fine: bool = True


@dataclass(slots=True)
class Tallies:
    """Counts while lines go out.

    Attributes:
        kinds: Kind of line -> how many.
        given: Class -> how often in the project's files.
        meant: Class -> how often in the file that is written.
        lines_given: Lines of the project's files.
        images: Images, or lines about none, in the file.
        spoken: Images that the files or a decision say something about; an image in several files counts in each.
        merged: Lines that an earlier one of the same image stands for.
        decisions: Verdict -> lines it changed, added or left out.
        refusals: Image or line -> why it was refused, the first ones.
        left_out: Image -> why it is not in the file, the first ones.
        differences: Lines that read back other than they were meant.
    """

    kinds: Counter[str] = field(default_factory=Counter[str])
    given: Counter[str] = field(default_factory=Counter[str])
    meant: Counter[str] = field(default_factory=Counter[str])
    lines_given: int = 0
    images: int = 0
    spoken: int = 0
    merged: int = 0
    decisions: Counter[str] = field(default_factory=Counter[str])
    refusals: dict[str, str] = field(default_factory=dict[str, str])
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    differences: int = 0

    @property
    def written(self) -> int:
        return sum(self.kinds[kind] for kind in WRITTEN)

    def count(self, line: OutLine, task: Task) -> None:
        """Count what is not written, or not as it stood."""
        if line.decision is not None and line.kind != "untouched":
            self.decisions[line.decision.verdict] += 1
        if line.kind in WRITTEN:
            self.merged += max(0, len(line.given) - 1)
            return
        name = line.image_id or line.text[:80]
        if line.kind == "refused" and len(self.refusals) < MOST_LISTED:
            self.refusals[name] = why_refused(line, task)
        if line.kind == "left out" and len(self.left_out) < MOST_LISTED:
            self.left_out[name] = line.reason


def rows_of(tallies: Tallies, *, task: Task, labelled: int, unlabelled: int) -> tuple[Parity, ...]:
    """Return the rows of the report.

    Args:
        tallies: What was counted.
        task: What the labels are.
        labelled: Images of the project with a label or a decision.
        unlabelled: Images with neither.
    """
    written, kinds = tallies.written, tallies.kinds
    noun = "Objects" if task.has_objects else "Labels"
    before, after = set(tallies.given), set(tallies.meant)
    rows = [
        Parity("Lines", tallies.lines_given, written, _explain_lines(tallies)),
        Parity("Images with a label", labelled, tallies.images),
        Parity(noun, tallies.given.total(), tallies.meant.total(), "before and after review"),
        Parity("Classes", len(before), len(after), _class_note(before, after)),
        Parity("Untouched lines, value for value", kinds["untouched"], kinds["untouched"]),
        Parity("Corrected lines", kinds["corrected"], kinds["corrected"], "only what was corrected differs"),
    ]
    notable = [
        Parity("Converted lines", kinds["converted"], kinds["converted"], "from files of other formats"),
        Parity("Refused lines", kinds["refused"], 0, "in a file of their own", is_fine=False),
        Parity("Left out", kinds["left out"], 0, "rejected or flagged, listed below", is_fine=False),
        Parity("Images without a label", unlabelled, 0, "nobody reviewed them", is_fine=False),
    ]
    rows += [row for row in notable if row.in_project]
    wrong = tallies.differences
    return (*rows, Parity("Read back and compared", written, written - wrong, f"{wrong} differences"))


def _explain_lines(tallies: Tallies) -> str:
    parts = [
        (tallies.kinds["new"], "added"),
        (tallies.merged, "merged with an earlier line of the same image"),
        (tallies.kinds["refused"], "refused"),
        (tallies.kinds["left out"], "left out"),
    ]
    return ", ".join(f"{count} {what}" for count, what in parts if count)


def _class_note(before: set[str], after: set[str]) -> str:
    parts = [("no longer used: ", sorted(before - after)), ("new: ", sorted(after - before))]
    return "; ".join(word + ", ".join(names) for word, names in parts if names)
