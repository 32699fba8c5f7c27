"""A project: images of one folder, one task, and what was said about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.class_list import ClassList
from domain.decision import OPEN_STATUSES, Decision
from domain.image import ImageRef
from domain.prediction import Content, Task
from domain.region import Region

CLASS_COLOURS = (
    "#41BDFE",
    "#FAA500",
    "#0FA184",
    "#FE67BB",
    "#FFF31A",
    "#FF4E14",
    "#987CFF",
    "#67F392",
    "#C2FFF5",
    "#A4884F",
    "#D7AFA5",
    "#BBCEFF",
)
"""Told apart with every kind of colour vision (design.md section 4); the palette repeats from class 13 on."""


@dataclass(frozen=True, slots=True)
class Project:
    """One project.

    Attributes:
        project_id: Number in this installation.
        name: Unique, chosen by a person.
        task: What its labels are.
        image_folder: Where the images lie; they are never copied or changed.
        classes: What its classes are called now, in palette order; new ones come at the end.
        threshold: Predictions below are not shown or accepted.
        model_id: The model whose predictions are shown, or None.
        url_prefix: What precedes the relative path in `image_url` of exported images without a source line.
        overlap: How many reviewers decide on each image.
        withheld_share: Share [0, 1] of images shown without prediction and overlays, to see what these do to people.
        class_list: Colours, guidelines and earlier names of the classes.
    """

    project_id: int
    name: str
    task: Task
    image_folder: str
    classes: tuple[str, ...]
    threshold: float
    model_id: str | None
    url_prefix: str
    created_at: datetime
    archived_at: datetime | None
    overlap: int = 1
    withheld_share: float = 0.0
    class_list: ClassList = field(default_factory=ClassList, compare=False)

    def colour_of(self, label: str) -> str:
        """The colour of a class in this project: a chosen one, else that of its lasting place in the palette."""
        known = self.class_list.find(label)
        if known is not None and known.colour:
            return known.colour
        if known is not None:
            return CLASS_COLOURS[known.place % len(CLASS_COLOURS)]
        position = self.classes.index(label) if label in self.classes else max(self.class_list.size, len(self.classes))
        return CLASS_COLOURS[position % len(CLASS_COLOURS)]


@dataclass(frozen=True, slots=True)
class CurrentDecision:
    """The decision in force for an image: the newest row of the log that was not taken back."""

    decision_id: str
    verdict: str
    content: Content | None
    reviewer: str
    note: str
    decided_at: datetime
    region: Region | None = None

    @property
    def is_open(self) -> bool:
        """Whether the image waits for a decision all the same: it was sent back, or its flag was answered."""
        return self.verdict in OPEN_STATUSES


def as_current(decision: Decision) -> CurrentDecision:
    """Return a row of the log as what it is, or was, while in force."""
    return CurrentDecision(
        decision_id=decision.decision_id,
        verdict=decision.verdict,
        content=decision.content,
        reviewer=decision.reviewer,
        note=decision.note,
        decided_at=decision.decided_at,
        region=decision.region,
    )


@dataclass(frozen=True, slots=True)
class ImageState:
    """Everything that is known about one image of a project.

    Attributes:
        image: The file.
        label: What the label file says; None without one.
        prediction: What the active model says, unfiltered; None without one.
        decision: What a reviewer decided; None when nothing is in force.
        score: The lowest score the active model gave a shown object, or that of its top class; None without one.
    """

    image: ImageRef
    label: Content | None
    prediction: Content | None
    decision: CurrentDecision | None
    score: float | None

    @property
    def is_open(self) -> bool:
        """Whether the image waits for a decision."""
        return self.decision is None or self.decision.is_open
