"""Object agreement: each labelled and predicted box is asked whether the other side speaks against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sampling.base import OBJECTS, Needs, Ranking, Suspect, strategy
from sampling.box_overlap import areas, overlaps
from sampling.object_words import Kind, say_suspect
from sampling.sheets import Boxes, Floats, ObjectSheet

_ALIKE = (0.4, 0.7)
"""IoU from which a prediction begins to count as the same box, and from which it does fully."""
_NEAR = (0.1, 0.4)
"""The same for being about the same object at all."""
_TOUCHING = (0.05, 0.2)
"""The same for a box that may be badly located."""
_NEIGHBOURS = 30
"""Labels of like size that tell how often the model finds such objects."""


@dataclass(frozen=True, slots=True)
class _Image:
    """One image.

    Attributes:
        overlap: (L, M).
        same: (L, M) whether the classes are equal.
        scores: (M,).
        agreed: (L,) how well a prediction of the label's class fits its box, weighed by its score.
        support: (L,) likewise, of any class and roughly there.
    """

    overlap: Floats
    same: np.ndarray
    scores: Floats
    agreed: Floats
    support: Floats


@strategy(
    "object-agreement",
    title="Object agreement",
    summary="Images with a box that the other side lacks, calls otherwise, or puts elsewhere.",
    source="ranking-benchmarks.md",
    tasks=OBJECTS,
    needs=Needs.BOTH,
    reason=say_suspect,
)
def object_agreement(sheet: ObjectSheet) -> Ranking:
    """The largest suspicion of any box of an image, each 0 to 1.

    With p the score of a prediction, o the IoU, and a, n, t ramps from 0 to 1 over IoU 0.4 to 0.7, 0.1 to 0.4 and
    0.05 to 0.2: a label agrees by A = max p a(o) over predictions of its class. It is swapped by max p a(o) over the
    other classes, times 1 - A; badly located by max p t(o) (1 - a(o)) over its own class, times 1 - A; unsupported by
    1 - max p n(o) over all, times how often labels of such a size have support, against the median label (at most 1).
    A prediction is overlooked by p (1 - n(o)), o its IoU with the nearest label.

    Unlike ObjectLab it uses predictions of every score, and sees labels where nothing is predicted.
    Source: this project.
    """
    pairs = list(zip(sheet.given, sheet.predicted, strict=True))
    images = [_compare(labels, boxes) for labels, boxes in pairs]
    findable = _findable([labels for labels, _ in pairs], [image.support for image in images])
    suspects = [
        max(_suspects(image, share), key=lambda suspect: suspect.score, default=None)
        for image, share in zip(images, findable, strict=True)
    ]
    scores = np.array([each.score if each else 0.0 for each in suspects], np.float64)
    return Ranking(scores, tuple(each if each and each.score > 0 else None for each in suspects))


def _compare(labels: Boxes, boxes: Boxes) -> _Image:
    overlap = overlaps(labels.corners, boxes.corners)
    same = labels.classes[:, None] == boxes.classes[None]
    agreed = (boxes.scores * _ramp(overlap, _ALIKE) * same).max(axis=1, initial=0)
    support = (boxes.scores * _ramp(overlap, _NEAR)).max(axis=1, initial=0)
    return _Image(overlap, same, boxes.scores, agreed, support)


def _suspects(image: _Image, findable: Floats) -> Iterator[Suspect]:
    """The most suspicious box of each kind."""
    alike, open_share = _ramp(image.overlap, _ALIKE), (1 - image.agreed)[:, None]
    swapped = image.scores * alike * ~image.same * open_share
    shifted = image.scores * _ramp(image.overlap, _TOUCHING) * (1 - alike) * image.same * open_share
    for kind, pairs in ((Kind.SWAPPED, swapped), (Kind.BADLY_LOCATED, shifted)):
        if pairs.size:
            label, place = np.unravel_index(int(pairs.argmax()), pairs.shape)
            yield Suspect(kind, int(label), int(place), float(pairs[label, place]))
    if image.support.size:
        unsupported = (1 - image.support) * findable
        label = int(unsupported.argmax())
        yield Suspect(Kind.UNSUPPORTED, label, None, float(unsupported[label]))
    if image.scores.size:
        overlooked = image.scores * (1 - _ramp(image.overlap.max(axis=0, initial=0), _NEAR))
        place = int(overlooked.argmax())
        yield Suspect(Kind.OVERLOOKED, None, place, float(overlooked[place]))


def _findable(labels: list[Boxes], supports: list[Floats]) -> list[Floats]:
    """How well the model finds labels of like size, 1 for those it finds no worse than half of all labels.

    Each label is judged by the support of the others, lest it speak for itself.
    """
    sizes = np.concatenate([areas(each.corners) for each in labels] or [np.zeros(0)])
    support = np.concatenate(supports or [np.zeros(0)])
    if sizes.size < 2:
        return [np.ones(len(each)) for each in labels]
    width = min(_NEIGHBOURS, sizes.size)
    order = np.argsort(sizes, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(support[order])])
    typical = float(np.median((sums[width:] - sums[:-width]) / width))
    start = np.clip(np.argsort(order) - width // 2, 0, sizes.size - width)
    found = (sums[start + width] - sums[start] - support) / (width - 1)
    shares = np.clip(found / typical, 0, 1) if typical > 0 else np.ones(sizes.size)
    return np.split(shares, np.cumsum([len(each) for each in labels])[:-1])


def _ramp(values: Floats, limits: tuple[float, float]) -> Floats:
    low, high = limits
    return np.clip((values - low) / (high - low), 0, 1)
