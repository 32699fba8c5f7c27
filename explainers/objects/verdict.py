"""Where between its candidates and its answer a detector lost an object, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import box_iou, clip_boxes_to_image

from explainers.objects.box_match import ROUGHLY_THERE
from explainers.objects.detector_scene import Detector, Scene
from explainers.objects.head import Head, Source

BACKGROUND = 0
"""The network's own index of what is no object, where its scores have one."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a detector answers for a picture.

    Attributes:
        boxes: (N, 4) in pixels of the resized picture.
        labels: (N,) the network's own indices.
        scores: (N,).
    """

    boxes: Tensor
    labels: Tensor
    scores: Tensor

    def best_on(self, box: Tensor, *, of: Tensor, at_least: float) -> tuple[int, float] | None:
        """Return the number of the best scored one that overlaps `box`, (4,), and by how much.

        Args:
            box: In the same pixels.
            of: (N,) which of them to look at.
            at_least: Smallest overlap.
        """
        if not len(self.boxes):
            return None
        overlaps = box_iou(box[None], self.boxes)[0]
        worth = torch.where(of & (overlaps >= at_least), self.scores, -1.0)
        number = int(worth.argmax())
        return (number, float(overlaps[number])) if worth[number] >= 0 else None


def read_answer(detector: Detector, picture: Tensor, scene: Scene) -> Reported:
    """Return what the detector reports for the (3, H, W) picture that `scene` was made of: a forward pass."""
    with torch.no_grad():
        [found] = detector([picture])
    height, width = scene.size
    factors = found["boxes"].new_tensor([width / picture.shape[2], height / picture.shape[1]] * 2)
    return Reported(found["boxes"] * factors, found["labels"], found["scores"])


@dataclass(frozen=True, slots=True)
class Case:
    """One missing object.

    Attributes:
        head: Of the detector, on its picture.
        reported: What the detector answers.
        names: The network's own index -> class name.
        box: (4,) where the object is, in pixels of the resized picture.
        source: The best candidate there: the largest overlap times score of those that overlap by half.
    """

    head: Head
    reported: Reported
    names: Mapping[int, str]
    box: Tensor
    source: Source

    @property
    def label(self) -> str:
        return self.names[self.source.class_index]


def tell(case: Case) -> tuple[str, ...]:
    """Return what became of the object, full sentences."""
    is_class = case.reported.labels == case.source.class_index
    found = case.reported.best_on(case.box, of=is_class, at_least=ROUGHLY_THERE)
    if found is not None:
        score = float(case.reported.scores[found[0]])
        return (
            f"The model does find '{case.label}' here, with a score of {score:.2f} and an overlap of {found[1]:.0%}.",
        )
    match = case.source.match
    if match is None or match.overlap < ROUGHLY_THERE:
        return (_tell_unproposed(case), *_tell_other_class(case))
    best = f"The best candidate for '{case.label}' overlaps the box by {match.overlap:.0%}; its score is"
    return (f"{best} {_figure(match.score)}.", _tell_loss(case), *_tell_other_class(case))


def _tell_unproposed(case: Case) -> str:
    boxes, _ = case.head.candidates.of_class(case.source.class_index)
    closest = (
        float(box_iou(case.box[None], clip_boxes_to_image(boxes, case.head.scene.size)).max()) if len(boxes) else 0
    )
    found = f"The region was never proposed: no candidate for '{case.label}' overlaps the box by more than"
    looked = "Made to look at exactly this box, the model" if case.source.match is None else "The nearest candidate"
    return f"{found} {closest:.0%}. {looked} gives '{case.label}' a score of {_figure(case.source.score)}."


def _tell_loss(case: Case) -> str:
    """Say at which step the candidate, which overlaps the box by half, fell out."""
    rules = getattr(case.head.detector, "roi_heads", case.head.detector)
    if case.source.score <= rules.score_thresh:
        return f"That is under {rules.score_thresh:.2f}, the score from which the model reports objects."
    is_class = case.reported.labels == case.source.class_index
    winner = case.reported.best_on(case.source.box, of=is_class, at_least=rules.nms_thresh)
    if winner is not None:
        score = float(case.reported.scores[winner[0]])
        return (
            f"It was suppressed as a double of another '{case.label}' with a score of {score:.2f}, which overlaps it "
            f"by {winner[1]:.0%}."
        )
    if len(case.reported.boxes) >= rules.detections_per_img:
        return f"It fell out because the model reports at most {rules.detections_per_img} objects."
    return "It fell out before doubles were suppressed: the model keeps only so many of its best candidates."


def _tell_other_class(case: Case) -> Iterator[str]:
    is_other = case.reported.labels != case.source.class_index
    other = case.reported.best_on(case.box, of=is_other, at_least=ROUGHLY_THERE)
    if other is not None:
        name = case.names.get(int(case.reported.labels[other[0]]), "no class of the model")
        yield (
            f"The model takes what is here for '{name}', with a score of {float(case.reported.scores[other[0]]):.2f} "
            f"and an overlap of {other[1]:.0%}."
        )
    elif case.source.match is not None:
        yield from _tell_preference(case, case.head.candidates.scores[case.source.match.index])


def _tell_preference(case: Case, scores: Tensor) -> Iterator[str]:
    """Say what the candidate is rather taken for, (C,) scores, if that is not the class asked for."""
    first = int(scores.argmax())
    if first == case.source.class_index or (first not in case.names and first != BACKGROUND):
        return
    taken = f"'{case.names[first]}'" if first in case.names else "background"
    yield f"The candidate is rather taken for {taken}, with a score of {_figure(float(scores[first]))}."


def _figure(score: float) -> str:
    return f"{score:.2f}" if score >= 0.01 else f"{score:.1g}"
