"""What the Workspace page tells about a project: sources, refusals, progress, classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.finding import Finding
from domain.image import ImageRef
from domain.prediction import class_names
from domain.project import ImageState, Project
from services.found import MOST_FINDINGS
from services.import_images import FolderSummary, summarise_folder
from services.shown import above_threshold
from services.workspace import Workspace
from store import predictions
from store.findings import count_findings, list_findings
from store.predictions import StoredModel
from store.sources import Source, list_sources
from store.states import list_states


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: how often it is a label, how often a prediction, and on what share of its images the two agree."""

    name: str
    labels: int
    predictions: int
    agreement: float | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A project at a glance.

    Attributes:
        findings: The first `MOST_FINDINGS` of what was found in its files.
        found: How much was found in all.
    """

    folder: FolderSummary
    model: StoredModel | None
    predicted: int
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]
    found: int
    verdicts: dict[str, int]
    reviewers: dict[str, int]
    classes: tuple[ClassRow, ...]
    labelled: int
    first_images: tuple[ImageRef, ...]

    @property
    def decided(self) -> int:
        return sum(count for verdict, count in self.verdicts.items() if verdict != "skip")

    @property
    def is_scored(self) -> bool:
        """Whether the active model was asked about every readable image."""
        return self.model is not None and self.predicted >= self.folder.images - self.folder.unreadable


def fetch_overview(workspace: Workspace, project: Project) -> Overview:
    with workspace.read() as connection:
        states = list_states(connection, project)
        model = predictions.find_model(connection, project.project_id, project.model_id)
        sources = list_sources(connection, project.project_id)
        findings = list_findings(connection, project.project_id, limit=MOST_FINDINGS)
        found = count_findings(connection, project.project_id)
    decisions = [state.decision for state in states if state.decision]
    return Overview(
        folder=summarise_folder(workspace, project.project_id),
        model=model,
        predicted=sum(state.prediction is not None for state in states),
        sources=tuple(sources),
        findings=tuple(findings),
        found=found,
        verdicts=dict(Counter(decision.verdict for decision in decisions)),
        reviewers=dict(Counter(decision.reviewer for decision in decisions).most_common()),
        classes=tuple(_count_classes(states, project)),
        labelled=sum(state.label is not None for state in states),
        first_images=tuple(state.image for state in states if state.image.is_readable)[:10],
    )


def _count_classes(states: Iterable[ImageState], project: Project) -> Iterable[ClassRow]:
    given, predicted, both, either = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for state in states:
        ours, theirs = class_names(state.label), class_names(above_threshold(state.prediction, project))
        given.update(ours)
        predicted.update(theirs)
        if state.label is not None and state.prediction is not None:
            both.update(set(ours) & set(theirs))
            either.update(set(ours) | set(theirs))
    names = sorted(given | predicted, key=lambda name: -max(given[name], predicted[name]))
    for name in names:
        agreement = both[name] / either[name] if either[name] else None
        yield ClassRow(name, given[name], predicted[name], agreement)


def list_all_findings(workspace: Workspace, project: Project) -> list[Finding]:
    """Everything that was found in the project's files."""
    with workspace.read() as connection:
        return list_findings(connection, project.project_id)
