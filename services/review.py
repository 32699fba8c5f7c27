"""The review desk: what comes next, what is known about an image, and what can be taken back."""

from __future__ import annotations

from domain.image import ImageRef
from domain.prediction import Content, Instance, Instances
from domain.project import ImageState, Project
from services.overlap_view import read_state
from services.queue_pages import Page, fetch_queue
from services.recording import OWN_REMARKS, Entry, Refusal, keep_untouched, record
from services.shown import above_threshold
from services.workspace import Workspace
from store import decisions as log
from store import images
from store.decisions import HistoryEntry

__all__ = [
    "OWN_REMARKS",
    "Entry",
    "HistoryEntry",
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


def fetch_state(workspace: Workspace, project: Project, image_id: str, *, reviewer: str | None = None) -> ImageState:
    """Return what is known about one image, or what a reviewer may see of that.

    Raises:
        NotFoundError: The project has no such image.
    """
    with workspace.read() as connection:
        return read_state(connection, project, image_id, reviewer=reviewer)


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


def place_on_stored_grid(item: Instance, state: ImageState, project: Project) -> Instance:
    """Return an object drawn on the upright picture, on the stored grid."""
    kept = keep_untouched(Instances((item,)), state, project)
    return kept.items[0] if isinstance(kept, Instances) else item


def predicted_objects(state: ImageState, project: Project) -> Content | None:
    """Return what the model shows for an image, above the threshold."""
    return above_threshold(state.prediction, project)
