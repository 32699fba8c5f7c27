"""The labels and predictions of a project as records, for every format but the one its label files are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from domain.decision import Verdict
from domain.finding import Finding, Severity
from domain.prediction import Content
from domain.project import CurrentDecision, ImageState, Project
from domain.splits import SPLIT_TAG
from formats.base import Facts, ImageFacts, Record, Role
from services.workspace import Workspace
from store.images import ImageFile, list_files
from store.predictions import list_latencies
from store.states import list_states

LEFT_OUT = "LEFT OUT"
"""Code of the remark on a record that a decision keeps out of the file."""

_BATCH = 500
_LEAVING_OUT = {Verdict.REJECT: "rejected", Verdict.FLAG: "flagged"}


class ProjectRecords:
    """What a project says about its images, image by image.

    Unreviewed images keep their source label, an undecided prediction is never a label, rejected and flagged images
    come without content and with the reason (resolutions.md, "Export").

    Attributes:
        decisions: Verdict -> images it is in force for, among those read.
    """

    def __init__(self, workspace: Workspace, project: Project, *, roles: Collection[Role], split: str = "") -> None:
        """Get ready for what has one of `roles`: of all images, or of those of one split."""
        self._workspace = workspace
        self._project = project
        self._roles = roles
        with workspace.read() as connection:
            files = list_files(connection, project.project_id)
        self._names = [file.image.image_id for file in files if not split or file.image.tags.get(SPLIT_TAG) == split]
        self._facts = {file.image.image_id: _facts(file) for file in files}
        self._files = {file.image.image_id: Path(file.image.uri) for file in files if not file.is_missing}
        self._deciders: dict[str, str] = {}
        self.decisions: Counter[str] = Counter()

    def find(self, address: str) -> ImageFacts | None:
        """Facts about an image of the project; None when it cannot be read."""
        facts = self._facts.get(address)
        return facts if facts is not None and facts.width and facts.height else None

    def file(self, path: str) -> Path | None:
        return self._files.get(path)

    def decided_by(self, record: Record) -> str:
        """The decision a label comes from, in words; empty for one that nobody looked at."""
        return self._deciders.get(record.image_url, "") if record.role is Role.LABEL else ""

    def read(self) -> Iterator[Record]:
        """Yield the label and the prediction of every image that has one, side by side."""
        self.decisions.clear()
        names = self._names
        for start in range(0, len(names), _BATCH):
            batch = names[start : start + _BATCH]
            with self._workspace.read() as connection:
                states = list_states(connection, self._project, image_ids=batch, with_missing=True)
                latencies = list_latencies(connection, self._project.project_id, self._project.model_id, batch)
            for position, state in enumerate(states, start=start + 1):
                yield from self._records_of(state, position, latencies.get(state.image.image_id))

    def _records_of(self, state: ImageState, position: int, latency: float | None) -> Iterator[Record]:
        size = (state.image.width, state.image.height) if state.image.width and state.image.height else None
        name = state.image.image_id
        if state.decision is not None:
            self.decisions[state.decision.verdict] += 1
            self._deciders[name] = (
                f"{state.decision.verdict} by {state.decision.reviewer}, {state.decision.decision_id}"
            )
        label, reason = _label_of(state)
        if Role.LABEL in self._roles and (label is not None or reason):
            yield Record(position, "", name, label, findings=_left_out(reason, name), size=size)
        if Role.PREDICTION in self._roles and state.prediction is not None:
            facts = Facts(model=self._project.model_id or "", latency_s=latency)
            yield Record(position, "", name, state.prediction, role=Role.PREDICTION, size=size, facts=facts)


def _label_of(state: ImageState) -> tuple[Content | None, str]:
    """The label as it stands, or why there is none although somebody looked."""
    decision = state.decision
    if decision is not None and decision.verdict in _LEAVING_OUT:
        return None, _describe(decision)
    if decision is not None and decision.content is not None:
        return decision.content, ""
    return state.label, ""


def _describe(decision: CurrentDecision) -> str:
    words = f"{_LEAVING_OUT[Verdict(decision.verdict)]} by {decision.reviewer}"
    return f"{words}: {decision.note}" if decision.note else words


def _left_out(reason: str, name: str) -> tuple[Finding, ...]:
    return (Finding(LEFT_OUT, Severity.INFO, reason, name),) if reason else ()


def _facts(file: ImageFile) -> ImageFacts:
    image = file.image
    return ImageFacts(image.image_id, image.width, image.height, image.orientation)


def classes_of(project: Project) -> Sequence[str]:
    """Class names in the order that gives them their numbers: sorted, as Azure numbers them."""
    return sorted(project.classes)
