"""ObjectLab: boxes that are overlooked, badly located, or of another class, by a detector's confident predictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sampling.base import OBJECTS, Needs, Ranking, Suspect, strategy
from sampling.box_overlap import centre_distances, overlaps
from sampling.object_words import Kind, say_suspect
from sampling.sheets import Boxes, Floats, ObjectSheet

_OVERLAP_WEIGHT = 0.9
_DISTANCE_FACTOR = 0.1  # per pixel
_LOW, _HIGH = 0.5, 0.95  # scores from which a prediction counts
_TEMPERATURE = 0.1
_SAME_PLACE = 0.95
_TINY = 1e-100


@dataclass(frozen=True, slots=True)
class _Image:
    labels: Boxes
    boxes: Boxes
    overlap: Floats
    similarity: Floats


@strategy(
    "objectlab",
    title="ObjectLab",
    summary="Images with boxes that a detector's confident predictions speak against.",
    source="https://arxiv.org/abs/2309.00832",
    tasks=OBJECTS,
    needs=Needs.BOTH,
    reason=say_suspect,
)
def objectlab(sheet: ObjectSheet) -> Ranking:
    """1 minus the geometric mean of three qualities of an image, each the softmin (temperature 0.1) over its boxes.

    Similarity is 0.9 IoU + 0.1 exp(-0.1 times the distance of the centres in pixels). Overlooked: a prediction of at
    least 0.95 that touches no label has its similarity to the nearest label of its class. Badly located: the highest
    similarity of a label to predictions of its class above 0.5 that touch it. Swapped: 1 minus its similarity to the
    nearest prediction of another class above 0.95; labels of two classes in one place count as swapped.

    Source: Tkachenko, Thyagarajan and Mueller, ObjectLab, 2023, with the constants of cleanlab 2.9.
    """
    images = [_compare(labels, boxes) for labels, boxes in zip(sheet.given, sheet.predicted, strict=True)]
    above_zero = [each.similarity[each.similarity > 0] for each in images]
    least = min((float(values.min()) for values in above_zero if values.size), default=1.0)
    qualities, suspects = [], []
    for image in images:
        parts = (_overlooked(image, least), _badly_located(image), _swapped(image, least))
        qualities.append(np.exp(np.mean([np.log(_TINY + _softmin(part)) for part in parts])))
        suspects.append(_find_suspect(image, parts))
    return Ranking(1 - np.array(qualities, np.float64), tuple(suspects))


def _compare(labels: Boxes, boxes: Boxes) -> _Image:
    overlap = overlaps(labels.corners, boxes.corners)
    distance = 1 - np.exp(-_DISTANCE_FACTOR * centre_distances(labels.corners, boxes.corners))
    nearness = 1 - distance  # in two steps as in cleanlab: beyond some 360 pixels rounding makes all alike
    return _Image(labels, boxes, overlap, _OVERLAP_WEIGHT * overlap + (1 - _OVERLAP_WEIGHT) * nearness)


def _overlooked(image: _Image, least: float) -> Floats:
    """(M,) quality of each prediction's place; NaN where it says nothing."""
    same = image.labels.classes[:, None] == image.boxes.classes[None]
    nearest = np.where(same, image.similarity, -1).max(axis=0, initial=-1)
    quality = np.where(same.any(axis=0), nearest, least * (1 - image.boxes.scores))
    counts = (image.boxes.scores >= _HIGH) & ~(image.overlap > 0).any(axis=0)
    return np.where(counts, quality, np.nan)


def _badly_located(image: _Image) -> Floats:
    """(L,) quality of each label's box."""
    same = image.labels.classes[:, None] == image.boxes.classes[None]
    counts = same & (image.boxes.scores > _LOW)[None] & (image.overlap > 0)
    return np.where(counts.any(axis=1), np.where(counts, image.similarity, -1).max(axis=1, initial=-1), 1.0)


def _swapped(image: _Image, least: float) -> Floats:
    """(L,) quality of each label's class."""
    other = image.labels.classes[:, None] != image.boxes.classes[None]
    counts = other & (image.boxes.scores > _HIGH)[None]
    nearest = np.where(counts, image.similarity, -1).max(axis=1, initial=-1)
    quality = np.where(counts.any(axis=1), np.maximum(least, 1 - nearest), 1.0)
    return np.where(_is_doubly_labelled(image.labels), least, quality)


def _is_doubly_labelled(labels: Boxes) -> np.ndarray:
    same_place = overlaps(labels.corners, labels.corners) >= _SAME_PLACE
    return (same_place & (labels.classes[:, None] != labels.classes[None])).any(axis=1)


def _softmin(values: Floats) -> float:
    known = values[~np.isnan(values)]
    if not known.size:
        return 1.0
    weights = np.exp((known.min() - known) / _TEMPERATURE)
    return float((weights * known).sum() / weights.sum())


def _find_suspect(image: _Image, parts: tuple[Floats, Floats, Floats]) -> Suspect | None:
    found = max(_suspects(image, parts), key=lambda suspect: suspect.score, default=None)
    return found if found is not None and found.score > 0 else None


def _suspects(image: _Image, parts: tuple[Floats, Floats, Floats]) -> Iterator[Suspect]:
    """The worst object of each kind."""
    overlooked, badly_located, swapped = parts
    same = image.labels.classes[:, None] == image.boxes.classes[None]
    if not np.isnan(overlooked).all():
        place = int(np.nanargmin(overlooked))
        yield Suspect(Kind.OVERLOOKED, None, place, 1 - float(overlooked[place]))
    if badly_located.size and badly_located.min() < 1:
        label = int(badly_located.argmin())
        counts = same[label] & (image.boxes.scores > _LOW) & (image.overlap[label] > 0)
        place = int(np.where(counts, image.similarity[label], -1).argmax())
        yield Suspect(Kind.BADLY_LOCATED, label, place, 1 - float(badly_located[label]))
    if swapped.size and swapped.min() < 1:
        label = int(swapped.argmin())
        counts = ~same[label] & (image.boxes.scores > _HIGH)
        nearest = int(np.where(counts, image.similarity[label], -1).argmax()) if counts.any() else None
        twice = _is_doubly_labelled(image.labels)[label]
        yield Suspect(Kind.SWAPPED, label, None if twice else nearest, 1 - float(swapped[label]))
