"""What every kind of detector head lets one ask: its candidates, where a box came from, and why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from torch import Tensor

from domain.progress import Report, ignore_progress
from explainers.objects.box_match import SAME_BOX, Candidates, Match
from explainers.objects.detector_scene import Detector, Scene


class Part(StrEnum):
    """What about an object is explained."""

    CLASS = "class"
    LEFT = "left"
    TOP = "top"
    RIGHT = "right"
    BOTTOM = "bottom"
    MASK = "mask"


OUTWARD = {Part.LEFT: (0, -1.0), Part.TOP: (1, -1.0), Part.RIGHT: (2, 1.0), Part.BOTTOM: (3, 1.0)}
"""Side -> its place among the corners, and the sign that makes a move outward count as positive."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where inside the detector one box was read from.

    Attributes:
        class_index: The network's own index of the class to explain.
        prior: (4,) the region the head started from: a proposal, an anchor, or the box itself.
        box: (4,) what the head makes of it for the class, clipped to the picture; or the box itself.
        score: Probability of the class.
        match: The candidate, or None when the head was made to look at a box the detector did not propose.
    """

    class_index: int
    prior: Tensor
    box: Tensor
    score: float
    match: Match | None


@dataclass(frozen=True, slots=True)
class Patch:
    """The part of a feature level that one output depends on; everything outside is zero.

    Attributes:
        level: Name of the level.
        row: First row on the level.
        column: First column on the level.
        evidence: (h, w) gradient times activation, summed over the channels.
        warnings: What a reader should know, full sentences.
    """

    level: str
    row: int
    column: int
    evidence: Tensor
    warnings: tuple[str, ...] = ()

    def on_level(self, level: Tensor) -> Tensor:
        """Return the evidence on all (h, w) cells of a (1, C, h, w) level."""
        grid = level.new_zeros(level.shape[2:])
        height, width = self.evidence.shape
        grid[self.row : self.row + height, self.column : self.column + width] = self.evidence
        return grid


class Head(ABC):
    """The last part of a detector, on one picture.

    Attributes:
        candidates: All it considers before suppressing doubles.
    """

    has_masks: bool
    candidates: Candidates

    def __init__(self, detector: Detector, scene: Scene) -> None:
        """Run the head on all levels of `scene`, outside any graph."""
        self.detector = detector
        self.scene = scene

    @abstractmethod
    def find(self, class_index: int, box: Tensor, *, at_least: float = SAME_BOX) -> Source:
        """Return where `box`, (4,) in pixels, came from, or for an edited or drawn one what comes closest.

        Args:
            class_index: The network's own index.
            box: In pixels of the resized picture.
            at_least: Overlap from which a proposal is the box. A dense head has no other way than its candidates, so
                that half of it is enough there.
        """

    @abstractmethod
    def patches(self, sources: Sequence[Source], part: Part, *, report: Report = ignore_progress) -> list[Patch]:
        """Return the evidence for one part of every source; `report` is told how many are done."""
