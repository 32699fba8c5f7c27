"""A classifier made ready to learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from training.examples import Examples
from training.feed import Feed, FreshViews, Places, count_passes, keep_features
from training.layers import dropping, find_tail, freeze_all_but, refit_head, start_learning
from training.objective import distillation_loss, evidence_loss, judge, label_loss
from training.recipe import Recipe
from training.steps import can_reduce_precision, cut_batches, make_teacher
from training.views import inside_mask


class ClassLesson:
    """A `training.lesson.Lesson` of one class or several classes an image."""

    def __init__(
        self,
        network: nn.Module,
        examples: Examples,
        recipe: Recipe,
        *,
        classes: tuple[Sequence[str], Sequence[str]],
    ) -> None:
        self._examples, self._recipe = examples, recipe
        self.device, self.learn, self.choose = examples.device, examples.learn, examples.choose
        self._teacher = make_teacher(network, recipe, classes, self.device)
        self.network = deepcopy(network).to(self.device).float()
        self._outputs = len(classes[1])
        refit_head(self.network, classes[0], classes[1], seed=recipe.seed)
        self.network.requires_grad_(requires_grad=True)
        if recipe.layers.freezes:
            freeze_all_but(self.network, recipe.trainable_layers)
        self.network.to(memory_format=torch.channels_last)
        self._targets = torch.from_numpy(examples.targets).to(self.device)
        self._trusted = torch.from_numpy(examples.trusted).to(self.device)
        self._looks_inside = bool(recipe.evidence and any(int(each) in examples.boxes for each in examples.learn))
        self.is_reduced = can_reduce_precision(self.device) and not self._looks_inside
        self._feed: Feed = FreshViews(self.network, examples.views)
        self._tail: nn.Module | None = None

    def count_ahead(self) -> int:
        """Where only the last layer learns, what comes into it can be computed once."""
        if self._recipe.layers.freezes and self._teacher is None and not self._looks_inside:
            self._tail = find_tail(self.network.eval(), self._examples.views.plain(self.learn[:2]))
        return count_passes(self.learn, self.choose) if self._tail is not None else 0

    def look_ahead(self, told: Callable[[int], None]) -> None:
        assert self._tail is not None  # noqa: S101  `count_ahead` found it
        views, parts = self._examples.views, (self.learn, self.choose)
        self._feed = keep_features(self.network, self._tail, views, parts, seed=self._recipe.seed, told=told)

    @contextmanager
    def learning(self) -> Iterator[None]:
        start_learning(self.network)
        with dropping(self.network, self._outputs, self._recipe.dropout if self._recipe.layers.drops else 0.0):
            yield

    def loss(self, batch: Places, rng: np.random.Generator) -> Tensor:
        recipe, inside = self._recipe, None
        targets, trusted = self._targets[batch], self._trusted[batch]
        if self._looks_inside:
            inputs, inside = self._examples.views.varied(batch, rng, inside=[self._mask(int(each)) for each in batch])
            inputs.requires_grad_()
        else:
            inputs = self._feed.varied(batch, rng)
        logits = self._feed.module(inputs).float()
        loss = label_loss(logits, targets, trusted, smoothing=recipe.smoothing)
        if self._teacher is not None:
            with torch.no_grad():
                taught = self._teacher.network(inputs).float()
            said = distillation_loss(logits, taught, self._teacher, is_multilabel=targets.ndim == 2)
            loss = (1 - self._teacher.weight) * loss + self._teacher.weight * said
        if inside is not None:
            loss = loss + recipe.evidence * evidence_loss(logits, inputs, targets, inside)
        return loss

    def judge(self) -> tuple[float, float]:
        """See `training.objective.judge`."""
        self.network.eval()
        batches = cut_batches(self.choose, self._recipe.batch_size)
        parts = [self._feed.module(self._feed.plain(batch)).float() for batch in batches]
        return judge(torch.cat(parts), self._targets[self.choose])

    def _mask(self, place: int) -> Tensor:
        return inside_mask(self._examples.boxes.get(place, ()), self._examples.views.size)
