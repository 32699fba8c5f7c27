"""Fine-tuning a network: it can be stopped, goes on exactly where it stopped, and keeps its best epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from domain.errors import LimitError, ModelError
from domain.progress import Report, ignore_progress
from training.checkpoint import load_state, save_checkpoint, save_state
from training.class_lesson import ClassLesson
from training.examples import Epoch, Examples, Learned
from training.feed import Places
from training.lesson import Lesson
from training.loop import parameter_groups
from training.object_examples import ObjectExamples
from training.object_lesson import ObjectLesson
from training.recipe import BEST, Recipe
from training.steps import Progress, cuda_devices, cut_batches, rate_at

LAST = "last.pt"


def fine_tune(
    network: nn.Module,
    examples: Examples | ObjectExamples,
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
        network: A classifier; normalised (N, 3, h, w) float32 -> logits (N, P). Or a torchvision detector. It is left
            as it is.
        examples: What is learned from.
        recipe: How.
        classes: The names of the outputs before, and after; of a detector those that stand for a class.
        folder: Gets `training.recipe.BEST` and `LAST` after each epoch.
        metadata: Kept in the header of `training.recipe.BEST`.
        report: Called with (pictures done, pictures in all); may raise `Cancelled`.
        heard: Told all epochs so far after each.

    Raises:
        ModelError: The loss is no number any more, or the network has no last layer that could learn.
        InputError: The recipe asks for what such a network cannot do.
        LimitError: The memory does not suffice, or the disk is full; the best epoch so far is kept.
        Cancelled: A person asked to stop; the same call goes on from the last finished epoch.
    """
    try:
        with torch.random.fork_rng(devices=cuda_devices(examples.device)):
            lesson = make_lesson(network, examples, recipe, classes=classes)
            return _Training(lesson, recipe, folder=folder, metadata=metadata).run(report, heard)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _out_of_memory(recipe) from error
    except RuntimeError as error:
        if "allocate memory" not in str(error):
            raise
        raise _out_of_memory(recipe) from error


def make_lesson(
    network: nn.Module,
    examples: Examples | ObjectExamples,
    recipe: Recipe,
    *,
    classes: tuple[Sequence[str], Sequence[str]],
) -> Lesson:
    """Return a copy of the network made ready to learn; see `fine_tune`."""
    if isinstance(examples, ObjectExamples):
        return ObjectLesson(network, examples, recipe, classes=classes)
    return ClassLesson(network, examples, recipe, classes=classes)


class _Training:
    """The state of one training."""

    def __init__(self, lesson: Lesson, recipe: Recipe, *, folder: Path, metadata: Mapping[str, str]) -> None:
        self._lesson, self._recipe, self._folder, self._metadata = lesson, recipe, folder, metadata
        self._network = lesson.network
        self._optimiser = torch.optim.AdamW(
            parameter_groups(self._network, recipe.weight_decay), lr=recipe.learning_rate
        )
        self._history: list[Epoch] = []
        self._best = 0

    def run(self, report: Report, heard: Callable[[tuple[Epoch, ...]], None]) -> Learned:
        """Learn, from where it stopped if it did."""
        self._resume()
        heard(tuple(self._history))
        progress = self._open(report)
        while not self._is_done():
            self._history.append(self._learn_once(len(self._history) + 1, progress))
            self._keep()
            heard(tuple(self._history))
        progress.finish()
        return Learned(self._folder / BEST, tuple(self._history), self._best, self._lesson.is_reduced)

    def _open(self, report: Report) -> Progress:
        """Look ahead where that saves time, with a progress that knows of it."""
        lesson = self._lesson
        each_epoch = len(lesson.learn) + len(lesson.choose)
        total, done = self._recipe.epochs * each_epoch, len(self._history) * each_epoch
        ahead = 0 if self._is_done() else lesson.count_ahead()
        progress = Progress(report, done, total + ahead)
        if ahead:
            with self._precision():
                lesson.look_ahead(progress.add)
        return progress

    def _learn_once(self, number: int, progress: Progress) -> Epoch:
        started, recipe, lesson = time.perf_counter(), self._recipe, self._lesson
        torch.manual_seed(recipe.seed * 100_003 + number)
        rng = np.random.default_rng([recipe.seed, 2, number])
        batches = cut_batches(rng.permutation(lesson.learn), recipe.batch_size)
        losses = []
        with lesson.learning():
            for place, batch in enumerate(batches):
                rate = rate_at((number - 1 + place / len(batches)) / recipe.epochs, recipe.warm_up)
                for group in self._optimiser.param_groups:
                    group["lr"] = recipe.learning_rate * rate
                losses.append(self._step(batch, rng))
                progress.add(len(batch))
        if not all(map(math.isfinite, losses)):
            raise ModelError(
                f"The loss is no number any more in epoch {number}.", remedy="Start again with a lower learning rate."
            )
        with torch.no_grad(), self._precision():
            figure, loss = lesson.judge()
        progress.add(len(lesson.choose))
        return Epoch(number, float(np.mean(losses)), figure, loss, time.perf_counter() - started)

    def _step(self, batch: Places, rng: np.random.Generator) -> float:
        self._optimiser.zero_grad(set_to_none=True)
        with self._precision():
            loss = self._lesson.loss(batch, rng)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), 5.0)
        self._optimiser.step()
        return float(loss.detach())

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
        if not self._lesson.is_reduced:
            return nullcontext()
        return torch.autocast(self._lesson.device.type, torch.bfloat16)


def _out_of_memory(recipe: Recipe) -> LimitError:
    return LimitError(
        f"The memory does not suffice for steps of {recipe.batch_size} images. What was learned so far is kept.",
        remedy=f"Start again with a batch size of {max(2, recipe.batch_size // 2)}.",
    )
