"""Taking down what was decided: each decision whole or not at all, and never twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.class_list import take_names
from domain.decision import Decision, Verdict
from domain.errors import ConflictError, InputError, NotFoundError, RelookError
from domain.plain_content import to_plain
from domain.prediction import Content, Instance, Instances, Labels, Task, class_names
from domain.project import ImageState, Project, as_current
from domain.region import Region
from domain.role import Role
from services.access import RightsError
from services.edit_merge import settle
from services.leases import Claimant, note_decision
from services.names_since import names_since
from services.overlap_view import opinions_to_settle, state_of_held
from services.regions import region_to_stored
from services.shown import as_label, as_shown
from services.turning import to_stored
from services.withholding import was_withheld, withhold
from services.workspace import Workspace
from store import decisions as log
from store import images
from store.decisions import Receipt
from store.engine import Connection
from store.merges import MET, sent_before
from store.overlap import CONSENSUS
from store.projects import add_classes, fetch_project

OWN_REMARKS = (MET, CONSENSUS)
"""What in the provenance of a decision only Relook itself may say."""

_LONGEST_MODEL = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision as the desk sends it, on the upright picture.

    Attributes:
        content: The whole label as shown; None for verdicts that leave it as it was, and for an undo.
        undoes: The decision taken back, or for a redo the undo taken back; None for a new decision.
        parent: The decision in force on the screen; empty when none was, None when the desk did not say.
        provenance: What was on screen, for `store.decisions.Receipt`.
        region: What the verdict points at, on the upright picture as well.
        classes_version: The class list that the desk showed; None when it did not say.
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
    classes_version: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that was not taken down, and why."""

    seq: int
    error: RelookError


def record(
    workspace: Workspace,
    project_id: int,
    reviewer: str,
    client_id: str,
    entries: Sequence[Entry],
    *,
    role: Role = Role.REVIEWER,
) -> tuple[int, list[Refusal]]:
    """Write entries to the log, each whole or not at all, and never twice.

    Returns:
        The highest number of this client that needs no sending any more, and the entries that were refused.
    """
    refused: list[Refusal] = []
    acknowledged = 0
    for entry in sorted(entries, key=lambda entry: entry.seq):
        try:
            _record_one(workspace, project_id, Claimant(reviewer, client_id), entry, role=role)
        except (InputError, NotFoundError, ConflictError, RightsError) as error:
            refused.append(Refusal(entry.seq, error))
        acknowledged = entry.seq
    return acknowledged, refused


def _record_one(workspace: Workspace, project_id: int, claimant: Claimant, entry: Entry, *, role: Role) -> None:
    if entry.verdict is Verdict.SEND_BACK and role is not Role.LEAD:
        raise RightsError(f"Only a lead may send work back; {claimant.reviewer} is none.", remedy="Flag the image.")
    with workspace.write() as connection:
        held = images.lock_image(connection, project_id, entry.image_id)
        if _was_sent(connection, claimant, entry):
            return
        # Read behind the lock, once: everything below goes by one state of the project and its class list.
        project = fetch_project(connection, project_id)
        # The editor may show names from before a class was renamed or merged.
        present = names_since(connection, project, entry.content, entry.classes_version)
        entry = replace(entry, content=take_names(entry.content, present))
        state = state_of_held(connection, project, entry.image_id, held, reviewer=claimant.reviewer)
        state = withhold(state) if was_withheld(entry.provenance) else state
        if entry.undoes is None:
            verdict, content, remarks = _decide(connection, project, state, entry)
            remarks |= _settle_for_all(connection, project, entry, role)
        else:
            verdict, content, remarks = _check_undo(connection, project, entry, claimant.reviewer, role), None, {}
        decision = Decision(
            decision_id=entry.decision_id,
            image_id=entry.image_id,
            instance_id=None,
            verdict=verdict,
            content=content,
            reviewer=claimant.reviewer,
            note=entry.note,
            overlays=entry.overlays,
            decided_at=datetime.now(UTC),
            undoes=entry.undoes,
            parent=entry.parent,
            region=None if entry.region is None else region_to_stored(entry.region, state.image.orientation),
        )
        provenance = {**(entry.provenance or {}), **remarks} if remarks else entry.provenance
        receipt = Receipt(
            claimant.client_id, entry.seq, entry.seconds, _model_on_screen(entry.provenance, project), provenance
        )
        if set(class_names(content)) - set(project.classes):
            add_classes(connection, project_id, class_names(content))
            project = fetch_project(connection, project_id)
        if not log.append_held(connection, project_id, decision, receipt, keys=project.class_list.keys):
            _was_sent(connection, claimant, entry)  # in between, and about another image
            return
        note_decision(connection, project_id, claimant, entry.image_id, is_undo=entry.undoes is not None)


def _was_sent(connection: Connection, claimant: Claimant, entry: Entry) -> bool:
    """Whether this very decision is in the log already.

    Raises:
        ConflictError: Another one has its number: two pages took themselves for the same one.
    """
    known = sent_before(connection, claimant.client_id, entry.seq)
    if known not in {None, entry.decision_id}:
        raise ConflictError(
            f"Another decision of this page has the number {entry.seq}: a second page counted on from the same one.",
            remedy="Reload the page and decide on the image again.",
        )
    return known is not None


def _model_on_screen(provenance: Mapping[str, Any] | None, project: Project) -> str | None:
    """The model whose prediction was on screen; it may be another one than the project has by now."""
    if provenance is None or "model" not in provenance:
        return project.model_id
    told = provenance["model"]
    return told[:_LONGEST_MODEL] if isinstance(told, str) else None


def _decide(
    connection: Connection, project: Project, state: ImageState, entry: Entry
) -> tuple[Verdict, Content | None, dict[str, Any]]:
    """Return verdict and content to write, laid together with a decision that the reviewer had not seen."""
    on_screen = _as_on_screen(connection, project, state, entry.parent)
    verdict, content = _judge(project, on_screen, entry)
    if on_screen is state:
        return verdict, content, {}
    base, shown = (as_label(as_shown(each, project).content) for each in (on_screen, state))
    mine = content if verdict in {Verdict.ACCEPT, Verdict.CORRECT} else None
    merged = settle(verdict, mine, base=base, shown=shown, theirs=state)
    if mine is None or merged is None:
        return verdict, state.decision.content if state.decision else None, {}
    other = state.decision.decision_id if state.decision else ""
    remarks = {MET: {"with": other, "sent": to_plain(mine)}} if merged != mine else {}
    return (Verdict.ACCEPT if merged == shown else Verdict.CORRECT), merged, remarks


def _as_on_screen(connection: Connection, project: Project, state: ImageState, parent: str | None) -> ImageState:
    """Return the image as the reviewer saw it; `state` itself when that is how it stands."""
    in_force = state.decision.decision_id if state.decision else ""
    if parent is None or parent == in_force:
        return state
    seen = log.find_decision(connection, project.project_id, parent) if parent else None
    if seen is None or seen.image_id != state.image.image_id:  # it was refused, and what came before is not known
        return replace(state, decision=None)
    return replace(state, decision=as_current(seen))


def _settle_for_all(connection: Connection, project: Project, entry: Entry, role: Role) -> dict[str, Any]:
    """What a lead decides after several reviewers have is a choice between them."""
    if project.overlap == 1 or role is not Role.LEAD or entry.verdict is Verdict.SEND_BACK:
        return {}
    between = opinions_to_settle(connection, project, entry.image_id)
    return {CONSENSUS: between} if between else {}


def _check_undo(connection: Connection, project: Project, entry: Entry, reviewer: str, role: Role) -> Verdict:
    """An undo may come after somebody else's decision: then it changes nothing, and is kept as a row all the same."""
    undone = log.find_decision(connection, project.project_id, entry.undoes or "")
    if undone is None or undone.image_id != entry.image_id:
        raise NotFoundError(
            f"The log holds no decision on {entry.image_id} that could be taken back.", remedy="Reload the page."
        )
    if log.is_undone(connection, undone.decision_id):
        raise ConflictError(
            f"That decision on {entry.image_id} was taken back already, on another page.",
            remedy="The history of the image shows how it stands.",
        )
    if undone.reviewer != reviewer and role is not Role.LEAD:
        raise RightsError(
            f"{undone.reviewer} decided that, and only {undone.reviewer} or a lead may take it back.",
            remedy="Decide on the image anew.",
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
    stored = as_label(keep_untouched(content, state, project))
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


def keep_untouched(content: Content, state: ImageState, project: Project) -> Content:
    """Return `content` on the stored grid; what the reviewer did not touch keeps its exact numbers."""
    if not isinstance(content, Instances):
        return content
    known: dict[str, Instance] = {}
    for source in (state.prediction, state.label, as_shown(state, project).content):
        if isinstance(source, Instances):
            known |= {item.instance_id: item for item in source.items}
    orientation = state.image.orientation
    return Instances(tuple(to_stored(item, known.get(item.instance_id), orientation) for item in content.items))
