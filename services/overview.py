"""What the Workspace page tells about a project: sources, refusals, progress, classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.finding import Finding
from domain.image import ImageRef
from domain.project import Project
from services.found import MOST_FINDINGS
from services.import_images import FolderSummary, summarise_folder
from services.projects import count_decided, fetch_progress
from services.recounting import recount
from services.settling import settle_soon
from services.workspace import Workspace
from store import predictions
from store.findings import count_findings, list_findings
from store.image_classes import LABEL, PREDICTION, ClassCount, count_classes
from store.images import list_readable
from store.listing import count_reviewers, count_said
from store.predictions import StoredModel
from store.sources import Source, list_sources

_FIRST = 10


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: how often it is a label, how often a prediction, and on what share of its images the two agree.

    Attributes:
        labels: Objects of the labels as they stand.
        agreement: Of the images that have the class as label or prediction, the share that has it as both; None when
            no image has a label and a prediction.
    """

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
        labelled: Images with a label of a file.
        predicted: Images with a prediction of the active model.
        classes: Of the labels as they stand and of the predictions above the threshold.
        is_settled: Whether the last three are counted of all images; else a job is at it.
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
    is_settled: bool = True

    @property
    def decided(self) -> int:
        """Images that do not come again by themselves."""
        return count_decided(self.verdicts)

    @property
    def is_scored(self) -> bool:
        """Whether the active model was asked about every readable image."""
        return self.model is not None and self.predicted >= self.folder.images - self.folder.unreadable


def fetch_overview(workspace: Workspace, project: Project) -> Overview:
    """Count everything; in a large project classes and files may be counted a little late."""
    is_settled = settle_soon(workspace, project.project_id)
    progress = fetch_progress(workspace, project.project_id)
    with workspace.read() as connection:
        model = predictions.find_model(connection, project.project_id, project.model_id)
        sources = list_sources(connection, project.project_id)
        findings = list_findings(connection, project.project_id, limit=MOST_FINDINGS)
        found = count_findings(connection, project.project_id)
        first = list_readable(connection, project.project_id, count=_FIRST)
    counts = recount(
        workspace,
        project.project_id,
        "overview",
        progress=progress,
        count=lambda: _count(workspace, project.project_id),
    )
    return Overview(
        folder=counts.folder,
        model=model,
        predicted=counts.predicted,
        sources=tuple(sources),
        findings=tuple(findings),
        found=found,
        verdicts=progress.verdicts,
        reviewers=counts.reviewers,
        classes=counts.classes,
        labelled=counts.labelled,
        first_images=tuple(first),
        is_settled=is_settled,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    folder: FolderSummary
    labelled: int
    predicted: int
    reviewers: dict[str, int]
    classes: tuple[ClassRow, ...]


def _count(workspace: Workspace, project_id: int) -> _Counts:
    folder = summarise_folder(workspace, project_id)
    with workspace.read() as connection:
        labelled, predicted = count_said(connection, project_id)
        reviewers = count_reviewers(connection, project_id)
        given, answers = (count_classes(connection, project_id, source) for source in (LABEL, PREDICTION))
    return _Counts(folder, labelled, predicted, reviewers, tuple(_join_classes(given, answers)))


def _join_classes(given: Mapping[str, ClassCount], predicted: Mapping[str, ClassCount]) -> Iterable[ClassRow]:
    nothing = ClassCount(0, 0, 0, 0)
    pairs = {name: (given.get(name, nothing), predicted.get(name, nothing)) for name in [*given, *predicted]}
    for name in sorted(pairs, key=lambda name: (-max(each.objects for each in pairs[name]), name)):
        ours, theirs = pairs[name]
        either = ours.compared + theirs.compared - ours.shared
        yield ClassRow(name, ours.objects, theirs.objects, ours.shared / either if either else None)


def list_all_findings(workspace: Workspace, project: Project) -> list[Finding]:
    """Everything that was found in the project's files."""
    with workspace.read() as connection:
        return list_findings(connection, project.project_id)
