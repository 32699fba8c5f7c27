"""The images most like one among those that a person decided on, to hold the label in question against theirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.image import ImageRef
from domain.prediction import Content, class_names
from domain.project import ImageState, Project
from services.comparing import list_loadable
from services.embeddings import stamp_of
from services.kept_embeddings import Rows, keep_rows
from services.overlap_view import as_seen_by
from services.projects import fetch_progress
from services.recounting import recount
from services.review import fetch_state
from services.shown import as_shown
from services.withholding import is_withheld
from services.workspace import Workspace
from store.examples import list_examples
from store.images import list_files
from store.states import list_states

SHOWN = 4
_SPARE = 4
"""So many times as many are looked up: files may have changed, and decisions been taken back, a moment ago."""

_DEGREES = ((0.9, "nearly the same"), (0.6, "very alike"), (0.3, "alike"), (0.0, "hardly more alike than others"))


@dataclass(frozen=True, slots=True)
class Example:
    """An image that a person decided on.

    Attributes:
        label: What the person says is on it, in words.
        names: The classes of that, each once.
        verdict: "accept" or "correct".
        likeness: Cosine of what the model sees in the two images, -1 to 1.
        in_words: How alike they are, beside what is usual in this project.
    """

    image: ImageRef
    label: str
    names: tuple[str, ...]
    verdict: str
    likeness: float
    in_words: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """Examples for one image.

    Attributes:
        examples: The most alike first; at most `SHOWN`.
        typical: The median likeness of the image to any others of the project; None where that is not known.
        missing: Why there are none, in full sentences; empty where there are.
        needs_computing: Whether it was not computed yet what the model sees.
    """

    examples: tuple[Example, ...] = ()
    typical: float | None = None
    missing: str = ""
    needs_computing: bool = False


def find_nearest(
    workspace: Workspace, project: Project, image_id: str, *, reviewer: str, sees_all: bool = True
) -> Nearest:
    """Return the decided images most like one: never the image itself, nor what was accepted unseen.

    Args:
        workspace: The workspace.
        project: The project.
        image_id: The image on the screen.
        reviewer: Who looks at it.
        sees_all: Whether this person may see what others decided, where several decide on each image.

    Raises:
        NotFoundError: The project has no such image.
    """
    state = fetch_state(workspace, project, image_id, reviewer=reviewer)
    if is_withheld(project, state):
        return Nearest(missing="This image is decided without what the model says, so that none like it are shown yet.")
    rows = keep_rows(workspace, project)
    place = _place_of(workspace, project, rows, image_id) if rows else None
    if rows is None or place is None:
        return _not_computed(workspace, project, "this image" if rows else "the images")
    own = reviewer if project.overlap > 1 and not sees_all else None
    decided = _decided(workspace, project, rows, own)
    decided = decided[decided != place]
    likeness = rows.likeness(place, decided)
    first = np.argsort(-likeness, kind="stable")[: SHOWN * _SPARE]
    alike = {rows.names[int(decided[each])]: float(likeness[each]) for each in first}
    typical = rows.typical_likeness(place)
    examples = _read(workspace, project, rows, alike, typical=typical, reviewer=own)
    return Nearest(examples, typical, "" if examples else _none_decided(own))


def _not_computed(workspace: Workspace, project: Project, what: str) -> Nearest:
    if all(info.model_id != project.model_id for info in list_loadable(workspace, project)):
        return Nearest(missing="Which images are alike is told by a model. Load one on the Workspace page.")
    how = 'The Queue page does so under "Map"; so does python -m cli embed.'
    return Nearest(missing=f"It was not computed yet what the model sees in {what}. {how}", needs_computing=True)


def _none_decided(own: str | None) -> str:
    if own is not None:
        return "You have accepted or corrected no other image yet."
    return "No person has accepted or corrected another image yet."


def _place_of(workspace: Workspace, project: Project, rows: Rows, image_id: str) -> int | None:
    """The row of an image, unless its file is another one by now."""
    place = rows.places.get(image_id)
    return place if place is not None and _current(workspace, project, rows, [image_id]) else None


def _current(workspace: Workspace, project: Project, rows: Rows, image_ids: list[str]) -> set[str]:
    """Those whose file is the one that was looked at."""
    with workspace.read() as connection:
        files = list_files(connection, project.project_id, image_ids=image_ids)
    named = {file.image.image_id: file for file in files}
    return {name for name, file in named.items() if stamp_of(file) == rows.stamps[rows.places[name]]}


def _decided(workspace: Workspace, project: Project, rows: Rows, own: str | None) -> NDArray[np.int64]:
    """The rows of the images decided on; in a large project as they were a few seconds ago."""

    def read() -> NDArray[np.int64]:
        with workspace.read() as connection:
            names = list_examples(connection, project.project_id, reviewer=own)
        return np.array(sorted(rows.places[name] for name in names if name in rows.places), np.int64)

    progress = fetch_progress(workspace, project.project_id)
    what = ("examples", own, project.model_id, rows.state)
    return recount(workspace, project.project_id, what, progress=progress, count=read)


def _read(
    workspace: Workspace,
    project: Project,
    rows: Rows,
    alike: dict[str, float],
    *,
    typical: float | None,
    reviewer: str | None,
) -> tuple[Example, ...]:
    """The examples as they are now, the most alike first."""
    current = _current(workspace, project, rows, list(alike))
    with workspace.read() as connection:
        states = list_states(connection, project, image_ids=list(alike))
        seen = as_seen_by(connection, project, states, reviewer) if reviewer else states
    known = {state.image.image_id: state for state in seen if state.image.image_id in current}
    made = (_example(project, known[name], share, typical) for name, share in alike.items() if name in known)
    return tuple(each for each in made if each is not None)[:SHOWN]


def _example(project: Project, state: ImageState, share: float, typical: float | None) -> Example | None:
    if state.decision is None or state.decision.verdict not in {"accept", "correct"}:
        return None
    content = as_shown(state, project).content
    names = tuple(dict.fromkeys(class_names(content)))
    words = _words(share, typical)
    return Example(state.image, _label(content), names, state.decision.verdict, share, words)


def _label(content: Content) -> str:
    """Classes in words; of objects how many of each."""
    names = class_names(content)
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counts.items()) or "nothing"


def _words(share: float, typical: float | None) -> str:
    """How alike, on the way from what is usual in the project to the same picture."""
    usual = max(0.0, typical or 0.0)
    way = (share - usual) / (1 - usual) if usual < 1 else 1.0
    return next((words for least, words in _DEGREES if way >= least), "no more alike than others")
