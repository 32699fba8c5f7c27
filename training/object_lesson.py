"""A torchvision detector made ready to learn, with or without masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from domain.errors import ModelError
from domain.geometry import Box
from domain.prediction import Instance, Instances
from training.feed import Places
from training.object_examples import ObjectExamples, Target
from training.object_heads import freeze_backbone, refit_outputs, start_learning_objects, use_usual_epsilon
from training.recipe import Recipe
from training.steps import can_reduce_precision, cut_batches

MASK_LOSS = "loss_mask"


class ObjectLesson:
    """A `training.lesson.Lesson` of boxes and polygons."""

    def __init__(
        self,
        network: nn.Module,
        examples: ObjectExamples,
        recipe: Recipe,
        *,
        classes: tuple[Sequence[str], Sequence[str]],
    ) -> None:
        recipe.check_objects()
        if recipe.data.distils and not set(classes[0]) & set(classes[1]):
            raise ModelError(
                "The old model has none of the classes of the labels, so there is nothing to learn from its objects.",
                remedy="Choose another strategy.",
            )
        self._examples, self._recipe, self._classes = examples, recipe, tuple(classes[1])
        self.device, self.learn, self.choose = examples.device, examples.learn, examples.choose
        self.network = deepcopy(network).to(self.device).float()
        use_usual_epsilon(self.network)
        refit_outputs(self.network, examples.outputs, self._classes, seed=recipe.seed)
        self.network.requires_grad_(requires_grad=True)
        if recipe.layers.freezes:
            freeze_backbone(self.network, recipe.trainable_layers - 1)
        shown = [examples.objects[int(place)] for place in examples.learn]
        self._learns_masks = has_masks(network) and any(thing.polygons for each in shown for thing in each.items)
        self.network.to(memory_format=torch.channels_last)
        self.is_reduced = can_reduce_precision(self.device)

    def count_ahead(self) -> int:
        """Nothing: what a frozen backbone sees of a picture is too large to be kept."""
        return 0

    def look_ahead(self, told: Callable[[int], None]) -> None:
        """Not asked for."""

    @contextmanager
    def learning(self) -> Iterator[None]:
        start_learning_objects(self.network)
        yield

    def loss(self, batch: Places, rng: np.random.Generator) -> Tensor:
        made = {int(place): self._examples.varied(int(place), self._classes, rng) for place in batch}
        return self._loss_of(made)

    def judge(self) -> tuple[float, float]:
        """The measure of the examples on the boxes, and the loss, on the pictures that choose the epoch."""
        start_learning_objects(self.network)
        losses = []
        for batch in cut_batches(self.choose, self._recipe.batch_size):
            made = {int(place): self._examples.plain(int(place), self._classes) for place in batch}
            losses.append(float(self._loss_of(made)) * len(batch))
        self.network.eval()
        with torch.autocast(self.device.type, enabled=False):  # boxes of bfloat16 are whole pixels off
            found, sizes = zip(*(self._find(int(place)) for place in self.choose), strict=True)
        given = [self._examples.objects[int(place)] for place in self.choose]
        return self._examples.measure(given, found, sizes), sum(losses) / len(self.choose)

    def _loss_of(self, made: dict[int, tuple[Tensor, Target]]) -> Tensor:
        """Mean over the images; masks are learned where all objects of an image have one."""
        groups: dict[tuple[float, bool], list[tuple[Tensor, Target]]] = {}
        for place, each in made.items():
            groups.setdefault((self._weight(place), self._has_masks(place)), []).append(each)
        parts = [
            weight * len(part) / len(made) * self._loss_of_part(part, with_masks=with_masks)
            for (weight, with_masks), part in groups.items()
        ]
        return torch.stack(parts).sum()

    def _weight(self, place: int) -> float:
        """What the parent says counts as much as the recipe tells, labels the rest of it."""
        if not self._recipe.data.distils:
            return 1.0
        share = self._recipe.distillation
        return 2 * (1 - share if self._examples.trusted[place] else share)

    def _has_masks(self, place: int) -> bool:
        return self._learns_masks and self._examples.is_outlined(place)

    def _loss_of_part(self, part: Sequence[tuple[Tensor, Target]], *, with_masks: bool) -> Tensor:
        losses: dict[str, Tensor] = self.network(*map(list, zip(*part, strict=True)))
        wanted = [loss.float() for name, loss in losses.items() if with_masks or name != MASK_LOSS]
        return torch.stack(wanted).sum()

    def _find(self, place: int) -> tuple[Instances, tuple[int, int]]:
        """The boxes in a picture, and its (width, height)."""
        picture, _ = self._examples.plain(place, self._classes)
        height, width = picture.shape[1:]
        (found,) = self.network([picture])
        rows = zip(*(found[name].cpu().numpy() for name in ("boxes", "labels", "scores")), strict=True)
        items = [
            Instance(str(number), self._classes[int(label) - 1], _as_box(corners, width, height), score=float(score))
            for number, (corners, label, score) in enumerate(rows)
            if label > 0
        ]
        return Instances(tuple(items)), (width, height)


def has_masks(network: nn.Module) -> bool:
    """Whether a detector outlines objects."""
    roi_heads = getattr(network, "roi_heads", None)
    return roi_heads is not None and roi_heads.mask_predictor is not None


def _as_box(corners: np.ndarray, width: int, height: int) -> Box:
    x_min, y_min, x_max, y_max = corners.tolist()
    return Box(x_min / width, y_min / height, x_max / width, y_max / height)
