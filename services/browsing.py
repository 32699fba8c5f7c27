"""The images of a project as the gallery shows them: filtered, sorted, with what is drawn on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import median
from typing import Any

from domain.geometry import Segment
from domain.orientation import upright_size
from domain.prediction import Content, Instances, Labels, class_names
from domain.project import ImageState, Project
from services.picture_addresses import picture_address
from services.queue_order import difference_of, sort_states
from services.shown import above_threshold
from services.turning import to_upright
from services.workspace import Workspace
from store.states import list_states


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


def load_states(workspace: Workspace, project: Project) -> list[ImageState]:
    with workspace.read() as connection:
        return list_states(connection, project)


def count_choices(states: Sequence[ImageState], project: Project) -> Choices:
    return Choices(
        statuses=dict(Counter(status_of(state) for state in states)),
        labels=dict(Counter(name for state in states for name in set(class_names(_given(state)))).most_common()),
        predicted=dict(Counter(name for state in states for name in set(_predicted(state, project))).most_common()),
        reviewers=dict(Counter(state.decision.reviewer for state in states if state.decision).most_common()),
    )


def filter_states(states: Sequence[ImageState], project: Project, filters: Filters, order: str) -> list[ImageState]:
    """Return the images that pass every filter, in one of `services.queue_order.ORDERS`."""
    return sort_states([state for state in states if _passes(state, project, filters)], project, order)


def median_aspect(states: Sequence[ImageState]) -> float:
    """Width over height of the typical upright photo."""
    sizes = (upright_size(state.image.width, state.image.height, state.image.orientation) for state in states)
    return median([width / height for width, height in sizes if height] or [4 / 3])


def revision_of(states: Sequence[ImageState], project: Project) -> str:
    """Another value whenever a cell may look different."""
    seen = tuple(
        (
            state.image.image_id,
            state.image.sha256,
            state.decision.decision_id if state.decision else "",
            _fingerprint(state.label),
            _fingerprint(state.prediction),
        )
        for state in states
    )
    return str(hash((seen, project.threshold, project.classes)))


def load_cells(workspace: Workspace, project: Project, image_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The cells of some images, in the order of the project."""
    with workspace.read() as connection:
        states = list_states(connection, project, image_ids=image_ids)
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


def _passes(state: ImageState, project: Project, filters: Filters) -> bool:
    low, high = filters.scores
    return (
        (not filters.statuses or status_of(state) in filters.statuses)
        and (not filters.label or filters.label in class_names(_given(state)))
        and (not filters.predicted or filters.predicted in _predicted(state, project))
        and (filters.scores == (0.0, 1.0) or (state.score is not None and low <= state.score <= high))
        and (
            filters.disagreement == "any" or bool(difference_of(state, project)) == (filters.disagreement == "differs")
        )
        and (not filters.reviewer or (state.decision is not None and state.decision.reviewer == filters.reviewer))
        and (not filters.name or re.search(re.escape(filters.name), state.image.image_id, re.IGNORECASE) is not None)
    )


def _fingerprint(content: Content | None) -> int:
    return hash(tuple(content.scores.items()) if isinstance(content, Labels) else content)


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
