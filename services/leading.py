"""What leads do besides reviewing: send work back, answer flags, ask for several reviewers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from domain.decision import Verdict
from domain.errors import InputError
from domain.image import ImageRef
from domain.project import CurrentDecision, Project
from domain.role import Role
from services.identity import require_lead
from services.recording import Entry, Refusal, record
from services.workspace import Workspace
from store.listing import Wanted, list_images
from store.projects import update_project
from store.states import list_states

MOST_FLAGS = 100
MOST_PEOPLE = 10
_LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Flagged:
    """An image somebody flagged, with what they say."""

    image: ImageRef
    decision: CurrentDecision


def list_flagged(workspace: Workspace, project: Project) -> list[Flagged]:
    """The flags nobody answered, at most `MOST_FLAGS`, in the order of the images."""
    wanted = Wanted(statuses=(Verdict.FLAG.value,))
    with workspace.read() as connection:
        names = list_images(connection, project.project_id, wanted, count=MOST_FLAGS)
        states = list_states(connection, project, image_ids=names)
    return [Flagged(state.image, state.decision) for state in states if state.decision is not None]


def send_back(workspace: Workspace, project: Project, lead: str, image_ids: Sequence[str], note: str) -> list[Refusal]:
    """Put images back into the queue with a note; return what was refused.

    Raises:
        RightsError: This person is no lead.
        InputError: There is no note.
    """
    require_lead(workspace, project.project_id, lead, to="send work back")
    entries = _entries(image_ids, Verdict.SEND_BACK, _check_note(note))
    return record(workspace, project.project_id, lead, f"lead-{secrets.token_hex(16)}", entries, role=Role.LEAD)[1]


def answer_flag(workspace: Workspace, project: Project, lead: str, flagged: Flagged, note: str) -> list[Refusal]:
    """Answer a flag, so that its image comes into the queue again with the answer; return what was refused.

    Raises:
        RightsError: This person is no lead.
        InputError: There is no answer.
    """
    require_lead(workspace, project.project_id, lead, to="answer flags here")
    seen = flagged.decision.decision_id
    entries = _entries([flagged.image.image_id], Verdict.RESOLVE, _check_note(note), parent=seen)
    return record(workspace, project.project_id, lead, f"lead-{secrets.token_hex(16)}", entries, role=Role.LEAD)[1]


def set_overlap(workspace: Workspace, project_id: int, lead: str, people: int) -> None:
    """Ask for so many reviewers for each image.

    Raises:
        RightsError: This person is no lead.
        InputError: The number is out of range.
    """
    require_lead(workspace, project_id, lead, to="ask for several reviewers")
    if not 1 <= people <= MOST_PEOPLE:
        raise InputError(
            f"{people} reviewers for each image; expected 1 to {MOST_PEOPLE}.", remedy="Give another number."
        )
    with workspace.write() as connection:
        update_project(connection, project_id, overlap=people)


def _entries(image_ids: Sequence[str], verdict: Verdict, note: str, *, parent: str | None = None) -> list[Entry]:
    return [
        Entry(seq, secrets.token_hex(16), image_id, verdict, None, note=note, parent=parent)
        for seq, image_id in enumerate(image_ids, start=1)
    ]


def _check_note(note: str) -> str:
    note = note.strip()
    if not 1 <= len(note) <= _LONGEST_NOTE:
        raise InputError(
            f"The note has {len(note)} characters; expected 1 to {_LONGEST_NOTE:,}.", remedy="Say what should be done."
        )
    return note
