"""What the maps of one image on the Explain page need."""

from __future__ import annotations

from dataclasses import dataclass

from components.explain_target import Chosen
from domain.project import ImageState, Project
from services.explaining import Model
from services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Desk:
    """One image, the model asked about it, and what the reader wants explained."""

    workspace: Workspace
    project: Project
    state: ImageState
    model: Model
    chosen: Chosen
