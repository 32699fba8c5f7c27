"""What it does to decisions that the prediction is on the screen: how often people follow it where it is wrong."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.progress import Report, ignore_progress
from domain.project import Project
from domain.trust import Estimate
from executors.local import Job
from metrics.intervals import exact_share
from metrics.share_difference import share_difference
from services.projects import fetch_project
from services.shown import describe_difference
from services.withholding import LARGEST_SHARE, draw_of
from services.workspace import Workspace
from store.first_decisions import FirstDecision, list_first, list_labelled
from store.labels import read_labels

MOST_IMAGES = 20_000
"""Of images that may have been withheld, and of the others, so many are looked at."""

ENOUGH = 10
"""Fewer wrong predictions than this, shown or withheld, say too little to be compared."""

_BATCH = 250


@dataclass(frozen=True, slots=True)
class Followed:
    """How often reviewers came to the label that was predicted.

    Attributes:
        images: So many first decisions on images whose prediction was wrong, or right.
        followed: Of them, those that say the same as the prediction.
    """

    images: int = 0
    followed: int = 0

    @property
    def share(self) -> Estimate | None:
        """With its exact interval; None without images."""
        return exact_share(self.followed, self.images) if self.images else None


@dataclass(frozen=True, slots=True)
class Bias:
    """Decisions with the prediction on the screen, beside decisions without it.

    Attributes:
        shown_wrong: Predictions that are wrong, shown.
        withheld_wrong: Predictions that are wrong, withheld.
        shown_right: Predictions that are right, shown.
        withheld_right: Predictions that are right, withheld.
        unknown: First decisions of which nothing but themselves says whether the prediction was right.
        measured_at: When this was measured.
    """

    shown_wrong: Followed
    withheld_wrong: Followed
    shown_right: Followed
    withheld_right: Followed
    unknown: int
    measured_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_telling(self) -> bool:
        """Whether both kinds of wrong predictions are enough to compare."""
        return min(self.shown_wrong.images, self.withheld_wrong.images) >= ENOUGH

    @property
    def difference(self) -> Estimate | None:
        """How much more often wrong predictions are followed when they are shown; None while one side is empty."""
        return _difference(self.shown_wrong, self.withheld_wrong)


_measured: dict[tuple[str, int], Bias] = {}


def bias_key(project_id: int) -> Hashable:
    """What the job that measures is found by."""
    return ("bias", project_id)


def start_measuring(workspace: Workspace, project_id: int) -> Job:
    """Measure on a thread of its own kind."""

    def work(report: Report) -> Bias:
        bias = measure_bias(workspace, fetch_project(workspace, project_id), report=report)
        _measured[str(workspace.engine.url), project_id] = bias
        return bias

    return workspace.jobs.submit(bias_key(project_id), work, title="Comparing decisions", unit="images")


def find_bias(workspace: Workspace, project_id: int) -> Bias | None:
    """What was measured last since Relook started; None when it was not."""
    return _measured.get((str(workspace.engine.url), project_id))


def measure_bias(workspace: Workspace, project: Project, *, report: Report = ignore_progress) -> Bias:
    """Compare the first decision on each image with its prediction, and that with what the label is.

    What is right is what a label file says, else the label in force where somebody else than the first reviewer made
    it. Where only the first decision says so it cannot be told whether a followed prediction was wrong: then the image
    does not count.

    Raises:
        Cancelled: A person asked to stop.
    """
    with workspace.read() as connection:
        names = list_labelled(connection, project.project_id)
    chosen = list(_choose(project.project_id, names))
    counts: dict[tuple[bool, bool], list[int]] = {}
    unknown = 0
    for start in range(0, len(chosen), _BATCH):
        report(start, len(chosen))
        for first, is_wrong, is_followed in _judge(workspace, project, chosen[start : start + _BATCH]):
            if is_wrong is None:
                unknown += 1
                continue
            count = counts.setdefault((first.withheld is True, is_wrong), [0, 0])
            count[0] += 1
            count[1] += is_followed
    report(len(chosen), len(chosen))
    known = {key: Followed(*count) for key, count in counts.items()}
    return Bias(
        shown_wrong=known.get((False, True), Followed()),
        withheld_wrong=known.get((True, True), Followed()),
        shown_right=known.get((False, False), Followed()),
        withheld_right=known.get((True, False), Followed()),
        unknown=unknown,
    )


def describe_bias(bias: Bias) -> list[str]:
    """What was measured, in sentences."""
    told = [
        _tell(bias.shown_wrong, "wrong predictions that were on the screen"),
        _tell(bias.withheld_wrong, "wrong predictions that were withheld"),
    ]
    difference = bias.difference
    if difference is None:
        told.append("The two cannot be compared before both have images.")
    elif not bias.is_telling:
        told.append(f"Too few to say what withholding does: {ENOUGH} wrong predictions of each kind are needed.")
    elif difference.low > 0:
        told.append(f"Shown, they are followed more often, by {_in_words(difference)}.")
    elif difference.high < 0:
        told.append(f"Shown, they are followed less often: the difference is {_in_words(difference)}.")
    else:
        told.append(f"The difference, {_in_words(difference)}, may be chance.")
    if bias.unknown:
        told.append(
            f"{bias.unknown:,} more decisions do not count: nothing but the decision itself says what is right there."
        )
    return told


def _choose(project_id: int, names: Sequence[str]) -> Iterator[str]:
    """The images drawn first for withholding, and some of the others."""
    drawn = sorted((draw_of(project_id, name), name) for name in names)
    low = [name for draw, name in drawn if draw < LARGEST_SHARE]
    high = [name for draw, name in drawn if draw >= LARGEST_SHARE]
    yield from low[:MOST_IMAGES]
    others = low[MOST_IMAGES:] + high
    yield from others if len(others) <= MOST_IMAGES else random.Random(0).sample(others, MOST_IMAGES)  # noqa: S311


def _judge(
    workspace: Workspace, project: Project, names: Sequence[str]
) -> Iterator[tuple[FirstDecision, bool | None, bool]]:
    """Yield first decisions with whether their prediction was wrong (None: not known), and whether they follow it."""
    with workspace.read() as connection:
        made = list_first(connection, project.project_id, names)
        labels = read_labels(connection, project.project_id, image_ids=names)
    for first in made:
        if first.prediction is None or first.withheld is None:
            continue
        right = labels.get(first.image_id, first.later)
        is_followed = not describe_difference(first.content, first.prediction, project)
        is_wrong = None if right is None else bool(describe_difference(right, first.prediction, project))
        yield first, is_wrong, is_followed


def _difference(one: Followed, other: Followed) -> Estimate | None:
    if not one.images or not other.images:
        return None
    return share_difference(one.followed, one.images, other_hits=other.followed, other_n=other.images)


def _tell(followed: Followed, what: str) -> str:
    if followed.share is None:
        return f"No decisions on {what} yet."
    return f"Of {followed.images:,} {what}, {followed.followed:,} were followed: {_in_words(followed.share)}."


def _in_words(estimate: Estimate) -> str:
    return f"{_number(estimate.value)} ({_number(estimate.low)} to {_number(estimate.high)})"


def _number(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")
