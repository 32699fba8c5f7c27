"""The review desk: what comes next, and taking down what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.decision import Decision, Verdict
from domain.errors import ConflictError, InputError, NotFoundError, RelookError
from domain.image import ImageRef
from domain.prediction import Content, Instance, Instances, Labels, Task, class_names
from domain.project import ImageState, Project
from domain.region import Region
from services.projects import fetch_project
from services.queue_pages import Page, fetch_queue
from services.regions import region_to_stored
from services.shown import above_threshold, as_label, as_shown
from services.turning import to_stored
from services.workspace import Workspace
from store import decisions as log
from store import images
from store.decisions import HistoryEntry, Receipt
from store.engine import Connection
from store.projects import add_classes
from store.states import list_states

__all__ = [
    "Entry",
    "Page",
    "Refusal",
    "fetch_history",
    "fetch_image",
    "fetch_queue",
    "fetch_state",
    "place_on_stored_grid",
    "predicted_objects",
    "record",
]

_HISTORY = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision as the desk sends it, on the upright picture.

    Attributes:
        content: The whole label as shown; None for verdicts that leave it as it was, and for an undo.
        undoes: The decision taken back, or for a redo the undo taken back; None for a new decision.
        parent: The decision in force on the screen; empty when none was, None when the desk did not say.
        provenance: What was on screen, for `store.decisions.Receipt`.
        region: What the verdict points at, on the upright picture as well.
    """

    seq: int
    decision_id: str
    image_id: str
    verdict: Verdict
    content: Content | None
    note: str = ""
    overlays: tuple[str, ...] = ()
    seconds: float | None = None
    undoes: str | None = None
    parent: str | None = None
    provenance: Mapping[str, Any] | None = None
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that was not taken down, and why."""

    seq: int
    error: RelookError


def fetch_state(workspace: Workspace, project: Project, image_id: str) -> ImageState:
    """Return what is known about one image.

    Raises:
        NotFoundError: The project has no such image.
    """
    with workspace.read() as connection:
        states = list_states(connection, project, image_ids=[image_id])
    if not states:
        raise NotFoundError(f"The project has no image '{image_id}'.", remedy="Import the folder again if it is new.")
    return states[0]


def fetch_image(workspace: Workspace, project_id: int, image_id: str) -> ImageRef:
    """Return one image file.

    Raises:
        NotFoundError: The project has no such image.
    """
    with workspace.read() as connection:
        return images.fetch_image(connection, project_id, image_id)


def fetch_history(
    workspace: Workspace, project_id: int, reviewer: str
) -> tuple[list[HistoryEntry], list[HistoryEntry]]:
    """Return what a reviewer can undo and redo, newest last."""
    with workspace.read() as connection:
        undo = log.list_undoable(connection, project_id, reviewer, count=_HISTORY)
        redo = log.list_redoable(connection, project_id, reviewer, count=_HISTORY)
    return undo, redo


def record(
    workspace: Workspace, project_id: int, reviewer: str, client_id: str, entries: Sequence[Entry]
) -> tuple[int, list[Refusal]]:
    """Write entries to the log, each whole or not at all, and never twice.

    Returns:
        The highest number of this client that needs no sending any more, and the entries that were refused.
    """
    project = fetch_project(workspace, project_id)
    refused: list[Refusal] = []
    acknowledged = 0
    for entry in sorted(entries, key=lambda entry: entry.seq):
        try:
            _record_one(workspace, project, reviewer, client_id, entry)
        except (InputError, NotFoundError, ConflictError) as error:
            refused.append(Refusal(entry.seq, error))
        acknowledged = entry.seq
    return acknowledged, refused


def place_on_stored_grid(item: Instance, state: ImageState, project: Project) -> Instance:
    """Return an object drawn on the upright picture, on the stored grid."""
    kept = _keep_untouched(Instances((item,)), state, project)
    return kept.items[0] if isinstance(kept, Instances) else item


def predicted_objects(state: ImageState, project: Project) -> Content | None:
    """Return what the model shows for an image, above the threshold."""
    return above_threshold(state.prediction, project)


def _record_one(workspace: Workspace, project: Project, reviewer: str, client_id: str, entry: Entry) -> None:
    with workspace.write() as connection:
        images.lock_image(connection, project.project_id, entry.image_id)
        states = list_states(connection, project, image_ids=[entry.image_id])
        if not states:
            raise NotFoundError(f"The project has no image '{entry.image_id}'.", remedy="Import the folder again.")
        if entry.undoes is None:
            verdict, content = _judge(project, states[0], entry)
        else:
            verdict, content = _check_undo(connection, project, entry), None
        decision = Decision(
            decision_id=entry.decision_id,
            image_id=entry.image_id,
            instance_id=None,
            verdict=verdict,
            content=content,
            reviewer=reviewer,
            note=entry.note,
            overlays=entry.overlays,
            decided_at=datetime.now(UTC),
            undoes=entry.undoes,
            parent=entry.parent,
            region=None if entry.region is None else region_to_stored(entry.region, states[0].image.orientation),
        )
        receipt = Receipt(client_id, entry.seq, entry.seconds, project.model_id, entry.provenance)
        log.append_decision(connection, project.project_id, decision, receipt)
        if set(class_names(content)) - set(project.classes):
            add_classes(connection, project.project_id, class_names(content))


def _check_undo(connection: Connection, project: Project, entry: Entry) -> Verdict:
    """An undo may be sent after somebody else's: then it changes nothing, and is kept as a row all the same."""
    undone = log.find_decision(connection, project.project_id, entry.undoes or "")
    if undone is None or undone.image_id != entry.image_id:
        raise NotFoundError(
            f"The log holds no decision on {entry.image_id} that could be taken back.", remedy="Reload the page."
        )
    return undone.verdict


def _judge(project: Project, state: ImageState, entry: Entry) -> tuple[Verdict, Content | None]:
    """Return the verdict that the content bears out, and the content on the stored grid."""
    if entry.verdict not in {Verdict.ACCEPT, Verdict.CORRECT}:
        return entry.verdict, state.decision.content if state.decision else None
    if not state.image.is_readable:
        raise InputError(
            f"{state.image.image_id} cannot be read, so its label cannot be accepted.", remedy="Reject or skip it."
        )
    content = entry.content
    if content is None:
        raise InputError("The decision has no label.", remedy="Reload the page.")
    _check_content(project, content, state.image.image_id)
    stored = as_label(_keep_untouched(content, state, project))
    shown = as_label(as_shown(state, project).content)
    return (Verdict.ACCEPT if stored == shown else Verdict.CORRECT), stored


def _check_content(project: Project, content: Content, where: str) -> None:
    if isinstance(content, Instances) != project.task.has_objects:
        raise InputError(f"The label does not fit {project.task.in_words}.", where=where, remedy="Reload the page.")
    if project.task is Task.CLASSIFICATION and isinstance(content, Labels) and len(content.scores) != 1:
        raise InputError(
            f"The image has {len(content.scores)} classes; expected exactly one.",
            where=where,
            remedy="Press a digit to choose its class.",
        )
    if not all(name.strip() for name in class_names(content)):
        raise InputError("A class has no name.", where=where, remedy="Press a digit to name it.")
    if isinstance(content, Instances) and len({item.instance_id for item in content.items}) != len(content.items):
        raise InputError("An object stands twice in the label.", where=where, remedy="Delete one of the two.")


def _keep_untouched(content: Content, state: ImageState, project: Project) -> Content:
    """Return `content` on the stored grid; what the reviewer did not touch keeps its exact numbers."""
    if not isinstance(content, Instances):
        return content
    known: dict[str, Instance] = {}
    for source in (state.prediction, state.label, as_shown(state, project).content):
        if isinstance(source, Instances):
            known |= {item.instance_id: item for item in source.items}
    orientation = state.image.orientation
    return Instances(tuple(to_stored(item, known.get(item.instance_id), orientation) for item in content.items))
