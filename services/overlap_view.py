"""What a reviewer sees of an image that several decide on: not what the others said, until all have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.decision import Verdict
from domain.errors import NotFoundError
from domain.project import CurrentDecision, ImageState, Project
from store import overlap
from store.engine import Connection
from store.images import ImageFile
from store.overlap import Opinion
from store.states import list_states, state_of

_ASKS_AGAIN = {Verdict.SEND_BACK, Verdict.RESOLVE}


def read_state(connection: Connection, project: Project, image_id: str, *, reviewer: str | None = None) -> ImageState:
    """Return what is known about one image, or what a reviewer may see of that.

    Raises:
        NotFoundError: The project has no such image.
    """
    states = list_states(connection, project, image_ids=[image_id])
    if not states:
        raise _not_found(image_id)
    return states[0] if reviewer is None else as_seen_by(connection, project, states, reviewer)[0]


def state_of_held(
    connection: Connection, project: Project, image_id: str, file: ImageFile | None, *, reviewer: str
) -> ImageState:
    """As `read_state`, of an image of which `store.images.lock_image` gave the file.

    Args:
        connection: The database.
        project: The project, as it was read in this transaction.
        image_id: The image.
        file: Its file; None when the project has none of that name.
        reviewer: Who looks at it.

    Raises:
        NotFoundError: The project has no such image.
    """
    state = None if file is None else state_of(connection, project, file)
    if state is None:
        raise _not_found(image_id)
    return as_seen_by(connection, project, [state], reviewer)[0]


def as_seen_by(
    connection: Connection, project: Project, states: Sequence[ImageState], reviewer: str
) -> list[ImageState]:
    """Return the states with the decisions that this reviewer may see and goes on from."""
    decided = [state.image.image_id for state in states if state.decision is not None]
    if project.overlap == 1 or not decided:
        return list(states)
    opinions = overlap.list_opinions(connection, project.project_id, image_ids=decided)
    return [
        replace(state, decision=_visible(state.decision, opinions.get(state.image.image_id, []), project, reviewer))
        for state in states
    ]


def opinions_to_settle(connection: Connection, project: Project, image_id: str) -> list[str]:
    """Return the decisions between which a lead would choose on an image; none until enough reviewers decided."""
    said = overlap.list_opinions(connection, project.project_id, image_ids=[image_id]).get(image_id, [])
    return [each.decision.decision_id for each in said if not each.is_consensus] if is_complete(said, project) else []


def is_complete(opinions: Iterable[Opinion], project: Project) -> bool:
    """Whether as many reviewers as the project asks for have decided, or a lead has."""
    said = list(opinions)
    people = {each.decision.reviewer for each in said if not each.is_consensus}
    return len(people) >= project.overlap or any(each.is_consensus for each in said)


def _not_found(image_id: str) -> NotFoundError:
    return NotFoundError(f"The project has no image '{image_id}'.", remedy="Import the folder again if it is new.")


def _visible(
    current: CurrentDecision | None, opinions: Sequence[Opinion], project: Project, reviewer: str
) -> CurrentDecision | None:
    if current is None:
        return None
    own = [each.decision for each in opinions if each.decision.reviewer == reviewer and not each.is_consensus]
    if any(each.is_consensus for each in opinions):
        return current
    if current.verdict in _ASKS_AGAIN:  # the note is for all; the label that was in force is somebody's opinion
        return own[-1] if own else replace(current, content=None)
    if own:
        return own[-1]
    is_own_skip = current.verdict == Verdict.SKIP and current.reviewer == reviewer
    return current if is_own_skip or is_complete(opinions, project) else None
