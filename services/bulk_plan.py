"""What may be accepted without looking at each image: what speaks against nothing, and what is held back and why."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from domain.project import Project
from sampling import Strategy
from sampling.outliers import least_typical
from services.bulk_audit import Audit, find_audit
from services.embeddings import has_embeddings, read_embeddings
from services.map_stability import find_stability, is_unstable
from services.ranking_keep import KeptQueue
from services.settling import settle_soon
from services.withholding import draw_of
from services.workspace import Workspace
from store import bulk
from store.engine import Connection
from store.image_classes import LABEL, PREDICTION, count_classes
from store.leases import list_leases

OUTLIERS = 0.05
"""Share of the images that counts as unlike the others."""
RARE_IMAGES, RARE_SHARE = 5, 0.01
"""A class in fewer images, or in a smaller share of all, is rare."""


class Reason(StrEnum):
    """Why an image is held back, in words."""

    UNJUDGED = "No figure of their own"
    RARE = "Of a rare class"
    UNLIKE = "Unlike the others"
    UNSTABLE = "With an unstable map"
    AUDITED = "Waiting in the audit"
    WITHHELD = "Decided without the prediction"
    AT_WORK = "Others work on them"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be accepted, and what not.

    Attributes:
        strategy: What judges the images.
        threshold: Only images with a lower figure are accepted.
        accepted: Images, those with the highest figure first.
        figures: Image -> its figure, of those.
        held: Reason -> images that are held back; of several reasons the first counts.
        rare: The classes that are rare.
        notes: What to know about it, full sentences.
        audit: What people found in images drawn by chance from these; None before there is one.
        unmeasured: Images to be accepted of whose maps it is not known how stable they are.
        lacks_outliers: Whether it was not computed what the model sees, so that no outlier is known.
        is_ready: Whether all that speaks against an image is known by now.
    """

    strategy: Strategy
    threshold: float
    accepted: tuple[str, ...]
    figures: Mapping[str, float]
    held: Mapping[Reason, tuple[str, ...]]
    rare: tuple[str, ...]
    notes: tuple[str, ...]
    audit: Audit | None
    unmeasured: tuple[str, ...]
    lacks_outliers: bool
    is_ready: bool

    @property
    def held_back(self) -> int:
        return sum(map(len, self.held.values()))


def can_judge(strategy: Strategy) -> bool:
    """Whether low figures of a strategy speak for an image: it looks at what is said about it."""
    return strategy.needs.has_labels or strategy.needs.has_predictions


def plan_accept(workspace: Workspace, project: Project, kept: KeptQueue, *, threshold: float, reviewer: str) -> Plan:
    """Return what would be accepted of an order, and what is held back.

    Args:
        workspace: The workspace.
        project: The project.
        kept: The order.
        threshold: Images with a lower figure are accepted, 0 to 1.
        reviewer: Who would accept them.
    """
    is_ready = settle_soon(workspace, project.project_id)
    strategy = kept.queue.strategy
    unlike = find_outliers(workspace, project)
    with workspace.read() as connection:
        audit = find_audit(connection, project, strategy, threshold)
        rare = _rare_classes(connection, project)
        against: dict[Reason, set[str]] = {
            Reason.RARE: bulk.list_with_classes(connection, project.project_id, rare),
            Reason.UNLIKE: unlike or set(),
            Reason.AUDITED: set(audit.images) if audit else set(),
            Reason.WITHHELD: set(),
            Reason.AT_WORK: _at_work(connection, project, reviewer),
        }
    accepted: list[str] = []
    held: dict[Reason, list[str]] = {reason: [] for reason in Reason}
    for image in kept.queue.images:
        if image.score is not None and image.score >= threshold:
            continue
        reason = next((reason for reason, names in against.items() if image.image_id in names), None)
        if image.score is None:
            reason = Reason.UNJUDGED
        elif reason is None and draw_of(project.project_id, image.image_id) < project.withheld_share:
            reason = Reason.WITHHELD
        (accepted if reason is None else held[reason]).append(image.image_id)
    maps = find_stability(workspace, project, accepted)
    held[Reason.UNSTABLE] = [name for name in accepted if is_unstable(maps.get(name))]
    notes = [*([_NO_OUTLIERS] if unlike is None else []), *_describe_maps(maps, accepted)]
    accepted = [name for name in accepted if not is_unstable(maps.get(name))]
    figures = {each.image_id: each.score for each in kept.queue.images if each.score is not None}
    return Plan(
        strategy,
        threshold,
        tuple(accepted),
        {name: figures[name] for name in accepted},
        {reason: tuple(names) for reason, names in held.items() if names},
        tuple(rare),
        tuple(notes),
        audit,
        tuple(name for name in accepted if name not in maps),
        unlike is None,
        is_ready,
    )


def _describe_maps(maps: Mapping[str, float | None], names: Sequence[str]) -> Iterator[str]:
    """Say of how many of some images it is known how stable their maps are."""
    known = sum(change is not None for change in maps.values())
    counted = f"{known:,} of {len(names):,} images"
    if not names:
        return
    if known == len(names):
        yield f"Maps were measured for {counted}."
    elif known:
        yield f"Maps were measured for {counted}; of the others it is not known whether their maps are stable."
    else:
        yield f"Images with unstable maps are not held back: maps were measured for {counted}."
    if nothing := len(maps) - known:
        yield f"Images of which there is no map: {nothing:,}."


def find_outliers(workspace: Workspace, project: Project) -> set[str] | None:
    """The images least like the others; None where it was not computed what the model sees."""
    if not has_embeddings(workspace, project):
        return None
    seen = read_embeddings(workspace, project)
    key = (str(workspace.engine.url), project.project_id, project.model_id, len(seen))
    with _lock:
        known = _outliers.get(key)
    if known is None:
        names = list(seen)
        is_least = least_typical(np.stack([seen[name] for name in names]).astype(np.float32), share=OUTLIERS)
        known = {name for name, least in zip(names, is_least, strict=True) if least}
        with _lock:
            _outliers.clear()
            _outliers[key] = known
    return known


_NO_OUTLIERS = "Images unlike the others are not held back: what the model sees in the images was not computed."
_lock = threading.Lock()
_outliers: dict[Hashable, set[str]] = {}


def _rare_classes(connection: Connection, project: Project) -> list[str]:
    counted = count_classes(connection, project.project_id, LABEL)
    counted = counted or count_classes(connection, project.project_id, PREDICTION)
    total = max((each.images for each in counted.values()), default=0)
    least = max(RARE_IMAGES, RARE_SHARE * total)
    return [name for name, each in counted.items() if each.images < least]


def _at_work(connection: Connection, project: Project, reviewer: str) -> set[str]:
    held = list_leases(connection, project.project_id, now=time.time())
    return {each.image_id for each in held if each.reviewer != reviewer}
