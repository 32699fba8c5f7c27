"""Which strategies a project can be ordered by, the usual one first, and what the others lack."""

from __future__ import annotations

from dataclasses import dataclass

from domain.project import Project
from sampling import DEFAULTS, Strategy, strategies_for
from services.embeddings import has_embeddings
from services.projects import fetch_progress
from services.ranking import WITHOUT_LABELS
from services.recounting import recount
from services.settling import settle_soon
from services.workspace import Workspace
from store.given import Given, count_given


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy as a menu shows it.

    Attributes:
        missing: What it needs and does not have, a sentence; empty when it can be used.
    """

    strategy: Strategy
    missing: str


def list_choices(workspace: Workspace, project: Project) -> list[Choice]:
    """The strategies for the project's task, the default first."""
    is_settled = settle_soon(workspace, project.project_id)
    progress = fetch_progress(workspace, project.project_id)

    def count() -> Given:
        with workspace.read() as connection:
            return count_given(connection, project.project_id)

    given = recount(workspace, project.project_id, "given", progress=progress, count=count)
    usual = (DEFAULTS if given.labelled else WITHOUT_LABELS)[project.task]
    found = strategies_for(project.task)
    ordered = [found[usual], *(each for name, each in found.items() if name != usual)]
    return [Choice(each, _missing(workspace, project, each, given) if is_settled else "") for each in ordered]


def _missing(workspace: Workspace, project: Project, strategy: Strategy, given: Given) -> str:
    needs = strategy.needs
    if needs.has_predictions and not given.predicted:
        return "No image has a prediction: load a model or import predictions on the Workspace page."
    if needs.has_labels and not given.labelled:
        return "No image has a label: import labels on the Workspace page, or decide on some images first."
    if needs.has_labels and needs.has_predictions and not given.both:
        return "No image has both a label and a prediction."
    if needs.has_embeddings and not has_embeddings(workspace, project):
        return "What the model sees in the images was not computed yet."
    return ""
