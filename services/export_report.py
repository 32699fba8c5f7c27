"""What went into an export and what came out, counted, and the file read back and compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.geometry import Segment
from domain.prediction import Content, Instance, Instances, Labels, Task
from domain.project import ImageState, Project
from formats.azure.labels import parse_labels
from services.export_lines import OutLine, SourceFile


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """The lines of an export by what became of them."""

    lines: Sequence[OutLine]

    def of_kind(self, *kinds: str) -> list[OutLine]:
        return [line for line in self.lines if line.kind in kinds]

    @property
    def written(self) -> list[OutLine]:
        return self.of_kind("untouched", "corrected", "new")


def compare(
    project: Project, states: Sequence[ImageState], files: Sequence[SourceFile], outcome: Outcome, differences: int
) -> tuple[Parity, ...]:
    """Return the rows of the report."""
    written = outcome.written
    given = [record.content for file in files for record in file.records]
    meant = [line.content for line in written]
    unlabelled = sum(_is_unlabelled(state) for state in states)
    corrected, untouched = len(outcome.of_kind("corrected")), len(outcome.of_kind("untouched"))
    refused, left_out = len(outcome.of_kind("refused")), len(outcome.of_kind("left out"))
    noun = "Objects" if project.task.has_objects else "Labels"
    rows = [
        Parity("Lines", len(given), len(written), _explain_lines(outcome)),
        Parity("Images with a label", len(states) - unlabelled, len({line.image_id or line.text for line in written})),
        Parity(noun, _count(given), _count(meant), "before and after review"),
        Parity("Classes", len(_classes(given)), len(_classes(meant)), _class_note(_classes(given), _classes(meant))),
        Parity("Untouched lines, value for value", untouched, untouched),
        Parity("Corrected lines", corrected, corrected, "only what was corrected differs"),
    ]
    notable = [
        Parity("Refused lines", refused, 0, "in a file of their own", is_fine=False),
        Parity("Left out", left_out, 0, "rejected or flagged, listed below", is_fine=False),
        Parity("Images without a label", unlabelled, 0, "nobody reviewed them", is_fine=False),
    ]
    rows += [row for row in notable if row.in_project]
    back = Parity("Read back and compared", len(written), len(written) - differences, f"{differences} differences")
    return (*rows, back)


def count_differences(task: Task, written: Sequence[OutLine], text: str) -> int:
    """Read the file again and count the lines that do not say what they were meant to say."""
    records = parse_labels(text.encode().splitlines(keepends=True), file="", task=task).records
    if len(records) != len(written):
        return max(len(records), len(written))
    return sum(not _says(record.content, line.content, task) for record, line in zip(records, written, strict=True))


def _says(found: Content | None, meant: Content | None, task: Task) -> bool:
    if isinstance(found, Labels) and isinstance(meant, Labels):
        return set(found.scores) == set(meant.scores)
    if isinstance(found, Instances) and isinstance(meant, Instances):
        return sorted(_shape(item, task) for item in found.items) == sorted(_shape(item, task) for item in meant.items)
    return found == meant


def _shape(item: Instance, task: Task) -> tuple[str, list[Segment]]:
    """What the file holds of an object: its box, or its polygons; what a model put outside the image is clipped."""
    rings = item.polygons if task is Task.SEGMENTATION and item.polygons else (item.box.as_tuple(),)
    return (item.label, sorted(tuple(min(max(value, 0.0), 1.0) for value in ring) for ring in rings))


def _is_unlabelled(state: ImageState) -> bool:
    return state.label is None and (state.decision is None or state.decision.content is None)


def _explain_lines(outcome: Outcome) -> str:
    parts = [
        (len(outcome.of_kind("new")), "added"),
        (sum(line.merged - 1 for line in outcome.written), "merged with an earlier line of the same image"),
        (len(outcome.of_kind("refused")), "refused"),
        (len(outcome.of_kind("left out")), "left out"),
    ]
    return ", ".join(f"{count} {what}" for count, what in parts if count)


def _count(contents: Iterable[Content | None]) -> int:
    return sum(len(content.scores if isinstance(content, Labels) else content.items) for content in contents if content)


def _classes(contents: Iterable[Content | None]) -> set[str]:
    names: set[str] = set()
    for content in contents:
        if isinstance(content, Labels):
            names.update(content.scores)
        elif content is not None:
            names.update(item.label for item in content.items)
    return names


def _class_note(before: set[str], after: set[str]) -> str:
    parts = [("no longer used: ", sorted(before - after)), ("new: ", sorted(after - before))]
    return "; ".join(word + ", ".join(names) for word, names in parts if names)
