"""Fine-tuning a classifier: it can be stopped, goes on exactly where it stopped, and keeps its best epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from domain.errors import LimitError, ModelError
from domain.progress import Report, ignore_progress
from training.checkpoint import load_state, save_checkpoint, save_state
from training.examples import Epoch, Examples, Learned
from training.feed import Feed, FreshViews, Places, count_passes, keep_features
from training.layers import dropping, find_tail, freeze_all_but, refit_head, start_learning
from training.loop import parameter_groups
from training.objective import distillation_loss, evidence_loss, judge, label_loss
from training.recipe import BEST, Recipe
from training.steps import Progress, can_reduce_precision, cuda_devices, cut_batches, make_teacher, rate_at
from training.views import inside_mask

LAST = "last.pt"


def fine_tune(
    network: nn.Module,
    examples: Examples,
    recipe: Recipe,
    *,
    classes: tuple[Sequence[str], Sequence[str]],
    folder: Path,
    metadata: Mapping[str, str],
    report: Report = ignore_progress,
    heard: Callable[[tuple[Epoch, ...]], None] = lambda _: None,
) -> Learned:
    """Train a copy of `network`; where `folder` holds the state of the same training, go on from there.

    Args:
        network: A classifier; normalised (N, 3, h, w) float32 -> logits (N, P). It is left as it is.
        examples: What is learned from.
        recipe: How.
        classes: The names of the outputs before, and after.
        folder: Gets `training.recipe.BEST` and `LAST` after each epoch.
        metadata: Kept in the header of `training.recipe.BEST`.
        report: Called with (pictures done, pictures in all); may raise `Cancelled`.
        heard: Told all epochs so far after each.

    Raises:
        ModelError: The loss is no number any more, or the network has no last layer that could learn.
        LimitError: The memory does not suffice, or the disk is full; the best epoch so far is kept.
        Cancelled: A person asked to stop; the same call goes on from the last finished epoch.
    """
    try:
        with torch.random.fork_rng(devices=cuda_devices(examples.views.device)):
            return _Training(network, examples, recipe, classes=classes, folder=folder, metadata=metadata).run(
                report, heard
            )
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _out_of_memory(recipe) from error
    except RuntimeError as error:
        if "allocate memory" not in str(error):
            raise
        raise _out_of_memory(recipe) from error


class _Training:
    """The state of one training."""

    def __init__(
        self,
        network: nn.Module,
        examples: Examples,
        recipe: Recipe,
        *,
        classes: tuple[Sequence[str], Sequence[str]],
        folder: Path,
        metadata: Mapping[str, str],
    ) -> None:
        self._examples, self._recipe, self._folder, self._metadata = examples, recipe, folder, metadata
        device = examples.views.device
        self._teacher = make_teacher(network, recipe, classes, device)
        self._network = deepcopy(network).to(device).float()
        self._outputs = len(classes[1])
        refit_head(self._network, classes[0], classes[1], seed=recipe.seed)
        self._network.requires_grad_(requires_grad=True)
        if recipe.layers.freezes:
            freeze_all_but(self._network, recipe.trainable_layers)
        self._network.to(memory_format=torch.channels_last)
        self._optimiser = torch.optim.AdamW(
            parameter_groups(self._network, recipe.weight_decay), lr=recipe.learning_rate
        )
        self._targets = torch.from_numpy(examples.targets).to(device)
        self._trusted = torch.from_numpy(examples.trusted).to(device)
        self._looks_inside = bool(recipe.evidence and any(int(each) in examples.boxes for each in examples.learn))
        self._reduced = can_reduce_precision(device) and not self._looks_inside
        self._history: list[Epoch] = []
        self._best = 0

    def run(self, report: Report, heard: Callable[[tuple[Epoch, ...]], None]) -> Learned:
        """Learn, from where it stopped if it did."""
        self._resume()
        heard(tuple(self._history))
        feed, progress = self._open(report)
        while not self._is_done():
            self._history.append(self._learn_once(feed, len(self._history) + 1, progress))
            self._keep()
            heard(tuple(self._history))
        progress.finish()
        return Learned(self._folder / BEST, tuple(self._history), self._best, self._reduced)

    def _open(self, report: Report) -> tuple[Feed, Progress]:
        """The inputs, computed once where only the last layer learns, and a progress that knows of them."""
        examples, recipe = self._examples, self._recipe
        each_epoch = len(examples.learn) + len(examples.choose)
        total, done = recipe.epochs * each_epoch, len(self._history) * each_epoch
        tail = None
        if recipe.layers.freezes and self._teacher is None and not self._looks_inside and not self._is_done():
            tail = find_tail(self._network.eval(), examples.views.plain(examples.learn[:2]))
        if tail is None:
            return FreshViews(self._network, examples.views), Progress(report, done, total)
        parts = examples.learn, examples.choose
        progress = Progress(report, done, total + count_passes(*parts))
        with self._precision():
            kept = keep_features(self._network, tail, examples.views, parts, seed=recipe.seed, told=progress.add)
        return kept, progress

    def _learn_once(self, feed: Feed, number: int, progress: Progress) -> Epoch:
        started, recipe = time.perf_counter(), self._recipe
        torch.manual_seed(recipe.seed * 100_003 + number)
        rng = np.random.default_rng([recipe.seed, 2, number])
        batches = cut_batches(rng.permutation(self._examples.learn), recipe.batch_size)
        start_learning(self._network)
        losses = []
        with dropping(self._network, self._outputs, recipe.dropout if recipe.layers.drops else 0.0):
            for place, batch in enumerate(batches):
                rate = rate_at((number - 1 + place / len(batches)) / recipe.epochs, recipe.warm_up)
                for group in self._optimiser.param_groups:
                    group["lr"] = recipe.learning_rate * rate
                losses.append(self._step(feed, batch, rng))
                progress.add(len(batch))
        if not all(map(math.isfinite, losses)):
            raise ModelError(
                f"The loss is no number any more in epoch {number}.", remedy="Start again with a lower learning rate."
            )
        figure, loss = self._judge(feed)
        progress.add(len(self._examples.choose))
        return Epoch(number, float(np.mean(losses)), figure, loss, time.perf_counter() - started)

    def _step(self, feed: Feed, batch: Places, rng: np.random.Generator) -> float:
        targets, trusted = self._targets[batch], self._trusted[batch]
        self._optimiser.zero_grad(set_to_none=True)
        with self._precision():
            loss = self._loss(feed, batch, rng, targets, trusted)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimiser.step()
        return float(loss.detach())

    def _loss(self, feed: Feed, batch: Places, rng: np.random.Generator, targets: Tensor, trusted: Tensor) -> Tensor:
        recipe, inside = self._recipe, None
        if self._looks_inside:
            inputs, inside = self._examples.views.varied(batch, rng, inside=[self._mask(int(each)) for each in batch])
            inputs.requires_grad_()
        else:
            inputs = feed.varied(batch, rng)
        logits = feed.module(inputs).float()
        loss = label_loss(logits, targets, trusted, smoothing=recipe.smoothing)
        if self._teacher is not None:
            with torch.no_grad():
                taught = self._teacher.network(inputs).float()
            said = distillation_loss(logits, taught, self._teacher, is_multilabel=targets.ndim == 2)
            loss = (1 - self._teacher.weight) * loss + self._teacher.weight * said
        if inside is not None:
            loss = loss + recipe.evidence * evidence_loss(logits, inputs, targets, inside)
        return loss

    @torch.no_grad()
    def _judge(self, feed: Feed) -> tuple[float, float]:
        self._network.eval()
        choose = self._examples.choose
        with self._precision():
            parts = [feed.module(feed.plain(batch)).float() for batch in cut_batches(choose, self._recipe.batch_size)]
        return judge(torch.cat(parts), self._targets[choose])

    def _keep(self) -> None:
        """Write the best epoch first: whoever goes on from the last one finds the best one it speaks of."""
        if self._best_so_far() == len(self._history):
            save_checkpoint(self._network, self._folder / BEST, metadata=self._metadata, half=False)
        self._best = self._best_so_far()
        state = {
            "recipe": asdict(self._recipe),
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "history": [asdict(epoch) for epoch in self._history],
        }
        save_state(self._folder / LAST, state)

    def _resume(self) -> None:
        path = self._folder / LAST
        if not path.exists():
            return
        state = load_state(path)
        if state["recipe"] != asdict(self._recipe):
            raise ModelError(
                "The training to go on from was started with other choices.", where=str(path), remedy="Start anew."
            )
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._history = [Epoch(**each) for each in state["history"]]
        self._best = self._best_so_far()

    def _best_so_far(self) -> int:
        return max(self._history, key=lambda epoch: (epoch.figure, -epoch.choose_loss)).number

    def _is_done(self) -> bool:
        done, patience = len(self._history), self._recipe.patience
        return done >= self._recipe.epochs or bool(patience and done and done - self._best >= patience)

    def _precision(self) -> torch.autocast | nullcontext[None]:
        if not self._reduced:
            return nullcontext()
        return torch.autocast(self._examples.views.device.type, torch.bfloat16)

    def _mask(self, place: int) -> Tensor:
        return inside_mask(self._examples.boxes.get(place, ()), self._examples.views.size)


def _out_of_memory(recipe: Recipe) -> LimitError:
    return LimitError(
        f"The memory does not suffice for steps of {recipe.batch_size} images. What was learned so far is kept.",
        remedy=f"Start again with a batch size of {max(2, recipe.batch_size // 2)}.",
    )
