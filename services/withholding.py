"""Images shown without prediction and overlays until somebody decides: to see what these do to decisions.

Which images these are is drawn by a hash of their names, so that they stay the same, and a larger share only adds some.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from domain.errors import ConflictError, InputError
from domain.project import ImageState, Project
from services.identity import require_lead
from services.workspace import Workspace
from store.projects import update_project

WITHHELD = "withheld"
"""Key in the provenance of a decision: whether prediction and overlays were kept from the screen."""

LARGEST_SHARE = 0.5


def draw_of(project_id: int, image_id: str) -> float:
    """Return a number in [0, 1) that belongs to an image; images below the share are withheld."""
    digest = sha256(f"withheld:{project_id}:{image_id}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8]) / 2**64


def is_withheld(project: Project, state: ImageState) -> bool:
    """Whether an image is shown without prediction and overlays now."""
    if project.withheld_share <= 0 or not state.is_open:
        return False
    return draw_of(project.project_id, state.image.image_id) < project.withheld_share


def withhold(state: ImageState) -> ImageState:
    """Return what is left of an image when nobody may see what the model says."""
    return replace(state, prediction=None, score=None)


def as_on_desk(project: Project, state: ImageState) -> ImageState:
    """Return an image as the desk shows it."""
    return withhold(state) if is_withheld(project, state) else state


def was_withheld(provenance: Mapping[str, Any] | None) -> bool:
    """Whether a decision was made without seeing what the model says, as the desk noted it."""
    return provenance is not None and provenance.get(WITHHELD) is True


def check_map_allowed(project: Project, state: ImageState) -> None:
    """Refuse a map of an image that is shown without what the model says.

    Raises:
        ConflictError: It is.
    """
    if is_withheld(project, state):
        raise ConflictError(
            "This image is shown without prediction and map, to see what they do to decisions.",
            remedy="Decide first; then both are there.",
        )


def set_withheld_share(workspace: Workspace, project_id: int, share: float, *, lead: str) -> None:
    """Choose the share of images that are shown without prediction and overlays; 0 turns it off.

    Raises:
        RightsError: This person is no lead.
        InputError: The share is out of range.
    """
    require_lead(workspace, project_id, lead, to="withhold predictions")
    if not 0 <= share <= LARGEST_SHARE:
        raise InputError(f"The share is {share:g}; expected 0 to {LARGEST_SHARE}.", remedy="Choose for example 0.1.")
    with workspace.write() as connection:
        update_project(connection, project_id, withheld_share=share)
