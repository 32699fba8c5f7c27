"""The images of a project as the gallery shows them: filtered, sorted, with what is drawn on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import median
from typing import Any

from domain.decision import NEW
from domain.geometry import Segment
from domain.orientation import upright_size
from domain.prediction import Content, Instances, class_names
from domain.project import ImageState, Project
from services.overlap_view import as_seen_by
from services.picture_addresses import picture_address
from services.projects import fetch_progress
from services.queue_order import check_order, difference_of
from services.recounting import recount
from services.settling import settle_soon
from services.shown import above_threshold
from services.turning import to_upright
from services.withholding import as_on_desk
from services.workspace import Workspace
from store.image_classes import LABEL, PREDICTION, ClassCount, count_classes
from store.images import sample_sizes
from store.listing import Wanted, count_images, count_reviewers, list_images
from store.states import list_states

_SAMPLE = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """Which images are wanted; everything unless said otherwise.

    Attributes:
        statuses: "new" or verdicts; empty for all.
        label: The current label holds this class.
        predicted: The prediction holds this class.
        scores: Lowest and highest score; images without a score pass only the full range.
        disagreement: "any", "differs" or "agrees".
        reviewer: Who decided; empty for anyone.
        name: Part of the path, without regard to case.
    """

    statuses: tuple[str, ...] = ()
    label: str = ""
    predicted: str = ""
    scores: tuple[float, float] = (0.0, 1.0)
    disagreement: str = "any"
    reviewer: str = ""
    name: str = ""

    @property
    def count(self) -> int:
        """How many filters are set."""
        return sum(getattr(self, field) != getattr(Filters(), field) for field in self.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters can be set to, with counts."""

    statuses: dict[str, int]
    labels: dict[str, int]
    predicted: dict[str, int]
    reviewers: dict[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """The images that pass the filters.

    Attributes:
        image_ids: In order; at most `MOST_LISTED`.
        total: How many pass.
    """

    image_ids: list[str]
    total: int

    @property
    def is_cut(self) -> bool:
        """Whether more pass than are listed."""
        return self.total > len(self.image_ids)


MOST_LISTED = 20_000
"""Nobody scrolls further, and more would be slow to send: filters, the order and the name lead to the others."""


def load_states(workspace: Workspace, project: Project) -> list[ImageState]:
    """Everything about every image: too much of a large project for a page to ask for."""
    with workspace.read() as connection:
        return list_states(connection, project)


def fetch_choices(workspace: Workspace, project: Project) -> Choices:
    """Count what the filters can be set to; classes may be counted a little late in a large project."""
    settle_soon(workspace, project.project_id)
    progress = fetch_progress(workspace, project.project_id)
    labels, predicted, reviewers = recount(
        workspace, project.project_id, "choices", progress=progress, count=lambda: _count_choices(workspace, project)
    )
    new = progress.total - sum(progress.verdicts.values())
    return Choices(progress.verdicts | ({NEW: new} if new else {}), labels, predicted, reviewers)


def find_images(workspace: Workspace, project: Project, filters: Filters, order: str) -> Found:
    """Return the images that pass every filter, in one of `services.queue_order.ORDERS`.

    Raises:
        UnknownNameError: There is no such order.
    """
    check_order(order)
    settle_soon(workspace, project.project_id)
    wanted = _wanted(filters)
    with workspace.read() as connection:
        names = list_images(connection, project.project_id, wanted, order=order, count=MOST_LISTED + 1)
    if len(names) <= MOST_LISTED:
        return Found(names, len(names))
    return Found(names[:MOST_LISTED], _count_images(workspace, project, wanted))


def revision_of(workspace: Workspace, project: Project) -> str:
    """Another value whenever a cell may look different."""
    return str(fetch_progress(workspace, project.project_id).changes)


def median_aspect(workspace: Workspace, project: Project) -> float:
    """Width over height of the typical upright photo."""
    with workspace.read() as connection:
        sizes = sample_sizes(connection, project.project_id, count=_SAMPLE)
    upright = (upright_size(*size) for size in sizes)
    return median([width / height for width, height in upright if height] or [4 / 3])


def load_cells(
    workspace: Workspace, project: Project, image_ids: Sequence[str], *, reviewer: str | None = None
) -> list[dict[str, Any]]:
    """The cells of some images, in the order of the project.

    Args:
        workspace: The workspace.
        project: The project.
        image_ids: The images.
        reviewer: Who looks, where they may see no more than at the desk; None for whoever may see everything.
    """
    with workspace.read() as connection:
        states = list_states(connection, project, image_ids=image_ids)
        if reviewer is not None:
            seen = as_seen_by(connection, project, states, reviewer)
            states = [as_on_desk(project, state) for state in seen]
    return [render_cell(workspace, project, state) for state in states]


def render_cell(workspace: Workspace, project: Project, state: ImageState) -> dict[str, Any]:
    """One image with what is drawn on it, on the upright photo."""
    image = state.image
    width, height = upright_size(image.width, image.height, image.orientation)
    return {
        "image_id": image.image_id,
        "name": PurePosixPath(image.image_id).name,
        "thumb": picture_address(workspace, project.project_id, image, "thumbnails"),
        "width": width,
        "height": height,
        "status": status_of(state),
        "score": state.score,
        "differs": bool(difference_of(state, project)),
        "problem": image.problem,
        "labels": [] if project.task.has_objects else class_names(_given(state)),
        "predicted": [] if project.task.has_objects else _predicted(state, project),
        "objects": _objects(state, project),
    }


def status_of(state: ImageState) -> str:
    return state.decision.verdict if state.decision else "new"


def _given(state: ImageState) -> Content | None:
    decision = state.decision
    return decision.content if decision and decision.content is not None else state.label


def _predicted(state: ImageState, project: Project) -> list[str]:
    return class_names(above_threshold(state.prediction, project))


def _wanted(filters: Filters) -> Wanted:
    return Wanted(
        statuses=filters.statuses,
        label=filters.label,
        predicted=filters.predicted,
        scores=None if filters.scores == (0.0, 1.0) else filters.scores,
        differs=None if filters.disagreement == "any" else filters.disagreement == "differs",
        reviewer=filters.reviewer,
        name=filters.name,
    )


def _count_images(workspace: Workspace, project: Project, wanted: Wanted) -> int:
    progress = fetch_progress(workspace, project.project_id)
    if wanted == Wanted():
        return progress.total

    def count() -> int:
        with workspace.read() as connection:
            return count_images(connection, project.project_id, wanted)

    return recount(workspace, project.project_id, wanted, progress=progress, count=count)


def _count_choices(workspace: Workspace, project: Project) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    with workspace.read() as connection:
        labels, predicted = (count_classes(connection, project.project_id, each) for each in (LABEL, PREDICTION))
        reviewers = count_reviewers(connection, project.project_id)
    return _images_of(labels), _images_of(predicted), reviewers


def _images_of(classes: Mapping[str, ClassCount]) -> dict[str, int]:
    return {name: counted.images for name, counted in classes.items()}


def _objects(state: ImageState, project: Project) -> list[dict[str, Any]]:
    decision = state.decision
    corrected = decision.content if decision else None
    given = (corrected, "correction") if corrected is not None else (state.label, "label")
    drawn: list[dict[str, Any]] = []
    for content, source in ((above_threshold(state.prediction, project), "prediction"), given):
        upright = to_upright(content, state.image.orientation) if content is not None else None
        items = upright.items if isinstance(upright, Instances) else ()
        drawn += [
            {
                "box": item.box.as_tuple(),
                "polygons": [_rounded(ring) for ring in item.polygons],
                "colour": project.colour_of(item.label),
                "source": source,
                "score": item.score if source == "prediction" else None,
            }
            for item in items
        ]
    return drawn


def _rounded(ring: Segment) -> list[float]:
    """Enough digits for a thumbnail."""
    return [round(value, 4) for value in ring]
