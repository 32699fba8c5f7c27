"""What writing a format loses, and the steps that formats share to make content fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance

_MOST_EXAMPLES = 20


class Loss(StrEnum):
    """What cannot be held by the target. Every loss of a conversion is named, counted and shown with examples."""

    CROWD = "crowd flag"
    SEGMENTS = "several outlines of one object"
    HOLES = "holes"
    CLIPPED = "coordinates outside the image"
    ROUNDED = "fractions of pixels"
    POLYGONS = "outlines"
    MASKS = "pixel masks"
    SCORES = "scores"
    OTHER_CLASSES = "classes beside the first"
    OBJECTS = "objects"
    IMAGES = "images"
    FACTS = "facts about the prediction"
    KEYS = "keys the target does not know"
    NAMES = "letters of names"
    LEFT_OUT = "images a decision leaves out"
    LABELS = "labels"
    PREDICTIONS = "predictions"

    @property
    def in_words(self) -> str:
        return self.value


class Losses:
    """Counts what is lost, with the first examples of each kind; `drain` gives the losses of one image."""

    def __init__(self) -> None:
        self.counts: Counter[Loss] = Counter()
        self.examples: dict[Loss, list[str]] = {}
        self._recent: list[tuple[Loss, str]] = []

    def note(self, loss: Loss, where: str, detail: str = "", *, count: int = 1) -> None:
        """Count one loss.

        Args:
            loss: Its kind.
            where: The image, and the object if it is about one: "photos/1.jpg, object 3".
            detail: What happened, in words.
            count: How many things of that kind are lost here.
        """
        self.counts[loss] += count
        example = f"{where}: {detail}" if detail else where
        if len(self.examples.setdefault(loss, [])) < _MOST_EXAMPLES:
            self.examples[loss].append(example)
        self._recent.append((loss, detail))

    def drain(self) -> list[tuple[Loss, str]]:
        """Return the losses noted since the last call as (kind, detail)."""
        recent, self._recent = self._recent, []
        return recent


def place(image: str, index: int) -> str:
    """How losses and messages name object `index`, 0-based."""
    return f"{image}, object {index + 1}"


def clip_instance(item: Instance, losses: Losses, where: str) -> Instance | None:
    """Move an object into the image, noting it; None (noted) when nothing of it lies inside.

    A ring of a polygon is clipped point by point: its outline runs along the edge of the image.
    """
    if not item.polygons and (item.box.width <= 0 or item.box.height <= 0):
        losses.note(Loss.OBJECTS, where, "its box is empty or upside down")
        return None
    rings = tuple(tuple(_clip(value) for value in ring) for ring in item.polygons)
    box = bounding_box(rings) if rings and rings != item.polygons else Box(*map(_clip, item.box.as_tuple()))
    if box is None or box.width <= 0 or box.height <= 0:
        losses.note(Loss.OBJECTS, where, "nothing of it lies inside the image")
        return None
    if rings == item.polygons and box == item.box:
        return item
    losses.note(Loss.CLIPPED, where, "moved to the edge of the image")
    return replace(item, box=box, polygons=rings)


def open_ring(ring: Segment) -> Segment:
    """The ring without a closing point and without points that repeat the one before."""
    points = list(zip(ring[0::2], ring[1::2], strict=False))
    kept = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
    while len(kept) > 1 and kept[-1] == kept[0]:
        kept.pop()
    return tuple(value for point in kept for value in point)


def split_rings(item: Instance, losses: Losses, where: str) -> Iterator[Instance]:
    """One object per ring, for formats with one outline an object, noted; the first keeps the id."""
    if len(item.polygons) <= 1:
        yield item
        return
    losses.note(Loss.SEGMENTS, where, f"{len(item.polygons)} outlines become objects of their own")
    for number, ring in enumerate(item.polygons):
        name = f"{item.instance_id}.{number}" if number else item.instance_id
        yield replace(item, instance_id=name, polygons=(ring,), box=bounding_box([ring]) or item.box)


def drop_crowd(item: Instance, losses: Losses, where: str) -> Instance:
    """Forget whether the object is a crowd; noted only when it is one."""
    if item.is_crowd:
        losses.note(Loss.CROWD, where, "is a crowd")
    return item if item.is_crowd is None else replace(item, is_crowd=None)


def drop_score(item: Instance, losses: Losses, where: str) -> Instance:
    """Forget the score, noted."""
    if item.score is None:
        return item
    losses.note(Loss.SCORES, where, f"score {item.score:g}")
    return replace(item, score=None)


def drop_polygons(item: Instance, losses: Losses, where: str) -> Instance:
    """Keep the box only, noted."""
    if not item.polygons:
        return item
    losses.note(Loss.POLYGONS, where, "only its box is kept")
    return replace(item, polygons=())


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0) + 0.0
