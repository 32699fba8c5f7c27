"""What was decided about one image, row by row: who, when, what it was before and after, and whether it was undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.class_list import take_names
from domain.decision import Decision, Verdict
from domain.errors import NotFoundError
from domain.image import ImageRef
from domain.prediction import Content, Instance, Instances
from domain.project import Project
from services.overlap_view import is_complete
from services.review import fetch_state
from services.shown import as_label, as_shown
from services.workspace import Workspace
from store.class_edits import present_names
from store.decisions import LogRow, Receipt, iterate_log
from store.overlap import list_opinions

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """What a row did to one object; `before` is None where it added it, `after` where it removed it."""

    instance_id: str
    before: Instance | None
    after: Instance | None

    @property
    def what(self) -> str:
        """One of: added, removed, class, shape, class and shape."""
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        has_class = self.before.label != self.after.label
        has_shape = (self.before.box, self.before.polygons) != (self.after.box, self.after.polygons)
        return "class and shape" if has_class and has_shape else "class" if has_class else "shape"


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row of the log about an image, all names as classes are called now.

    Attributes:
        decision: The row.
        receipt: Where it came from.
        kind: "decision", "undo" or "redo".
        before: The label as it stood before.
        after: The label as it stood behind it.
        changes: Objects that differ between the two; of images with classes none.
        is_undone: It was taken back.
        is_in_force: It is what holds now.
    """

    decision: Decision
    receipt: Receipt
    kind: str
    before: Content
    after: Content
    changes: tuple[ObjectChange, ...]
    is_undone: bool
    is_in_force: bool


def fetch_history_of(
    workspace: Workspace, project: Project, image_id: str, *, reviewer: str | None = None
) -> tuple[ImageRef, list[HistoryRow]]:
    """Return an image with every row of the log about it, newest first.

    Args:
        workspace: The workspace.
        project: The project.
        image_id: The image.
        reviewer: Who asks: of an image that several decide on, not what the others said until all have. None for
            whoever may see everything.

    Raises:
        NotFoundError: The project has no such image.
    """
    state = fetch_state(workspace, project, image_id)
    rows = _read_log(workspace, project, image_id, reviewer=reviewer)
    undone = _undone(rows)
    in_force = _in_force(rows)
    label = as_label(as_shown(replace(state, decision=None), project).content)
    told: list[HistoryRow] = []
    before = label
    for number, row in enumerate(rows, start=1):
        newest = _in_force(rows[:number])
        after = newest.content if newest is not None and newest.content is not None else label
        told.append(
            HistoryRow(
                decision=row.decision,
                receipt=row.receipt,
                kind=_kind_of(row, rows),
                before=before,
                after=after,
                changes=tuple(compare_objects(before, after)),
                is_undone=row.decision.decision_id in undone,
                is_in_force=in_force is not None and in_force.decision_id == row.decision.decision_id,
            )
        )
        before = after
    return state.image, told[::-1]


def fetch_label_after(
    workspace: Workspace, project: Project, image_id: str, decision_id: str, *, reviewer: str | None = None
) -> tuple[ImageRef, Content]:
    """Return an image with its label as it stood behind one row: what a decision that restores it is made of.

    Raises:
        NotFoundError: The project has no such image, or its log no such row.
    """
    image, rows = fetch_history_of(workspace, project, image_id, reviewer=reviewer)
    found = next((row for row in rows if row.decision.decision_id == decision_id), None)
    if found is None:
        raise NotFoundError(f"The log holds no such decision on {image_id}.", remedy="Reload the page.")
    return image, found.after


def compare_objects(before: Content, after: Content) -> Iterator[ObjectChange]:
    """Yield the objects that differ between two labels of an image, in the order of the later; removed ones last."""
    if not isinstance(before, Instances) or not isinstance(after, Instances):
        return
    old = {item.instance_id: as_given(item) for item in before.items}
    new = {item.instance_id: as_given(item) for item in after.items}
    for instance_id in [*new, *(each for each in old if each not in new)]:
        one, other = old.get(instance_id), new.get(instance_id)
        if one != other:
            yield ObjectChange(instance_id, one, other)


def as_given(item: Instance) -> Instance:
    """An object as a person means it: without a score."""
    return item if item.score is None else replace(item, score=None)


def _read_log(workspace: Workspace, project: Project, image_id: str, *, reviewer: str | None) -> list[LogRow]:
    with workspace.read() as connection:
        names = present_names(connection, project.project_id)
        rows = list(iterate_log(connection, project.project_id, image_id=image_id))
        if project.overlap > 1 and reviewer is not None:
            said = list_opinions(connection, project.project_id, image_ids=[image_id]).get(image_id, [])
            rows = rows if is_complete(said, project) else [row for row in rows if _is_seen_by(row.decision, reviewer)]
    return [
        replace(row, decision=replace(row.decision, content=take_names(row.decision.content, names))) for row in rows
    ]


def _is_seen_by(decision: Decision, reviewer: str) -> bool:
    """Whether a row is theirs, or a note for all."""
    return decision.reviewer == reviewer or decision.verdict in {Verdict.SEND_BACK, Verdict.RESOLVE}


def _undone(rows: Sequence[LogRow]) -> set[str]:
    """Rows that are taken back, and not brought back."""
    redone = {row.decision.undoes for row in rows}
    return {row.decision.undoes for row in rows if row.decision.undoes and row.decision.decision_id not in redone}


def _in_force(rows: Sequence[LogRow]) -> Decision | None:
    """The newest decision that is not taken back, as the view `current_decisions` finds it."""
    undone = _undone(rows)
    made = (row.decision for row in reversed(rows) if row.decision.undoes is None)
    return next((decision for decision in made if decision.decision_id not in undone), None)


def _kind_of(row: LogRow, rows: Sequence[LogRow]) -> str:
    if row.decision.undoes is None:
        return "decision"
    other = next((each for each in rows if each.decision.decision_id == row.decision.undoes), None)
    return "redo" if other is not None and other.decision.undoes is not None else "undo"
