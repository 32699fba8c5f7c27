"""Scores of a picture with parts of it hidden; masks are made, used and forgotten a few at a time, on the device."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.progress import Report, ignore_progress
from explainers.network.chunks import run_in_chunks
from explainers.network.class_scores import ClassScores

CHUNKS = {"cpu": 4, "cuda": 64}
"""Pictures of 224 x 224 pixels at once.

On a CPU that was fastest of 2 to 64 with MobileNetV2, and within 5 % with ResNet-50; 32 took up to three times as long,
since buffers above 32 MB go back to the system each time.
"""
LARGEST_CHUNK = 128
ROUNDS = 25
CHUNK_SIDE = 224

ROUNDING = 1e-6
"""Scores closer together than this share of their size are the same."""

MakeMasks = Callable[[slice], Tensor]
"""Makes some of the masks: (n, h, w) on the device of the picture, 1 where it is shown and 0 where it is hidden."""
Keep = Callable[[slice, Tensor, NDArray[np.float64]], None]
"""Takes which samples were scored, their masks, and their (n, classes) scores."""


class MaskedScores:
    """Scores blends between a picture and a hidden version of it, which are normalised only once.

    Attributes:
        device: Where masks are wanted.
        at_once: Pictures scored together; fewer once memory ran out.
        passes: Pictures scored so far.
        warnings: What a reader should know, full sentences.
    """

    def __init__(
        self,
        scores: ClassScores,
        crop: RGBImage,
        hidden: RGBImage,
        *,
        total: int,
        report: Report = ignore_progress,
    ) -> None:
        """Prepare to score.

        Args:
            scores: Of the classes asked.
            crop: (h, w, 3), what the network sees.
            hidden: (h, w, 3), what it sees where everything is hidden.
            total: Samples that `report` is told of.
            report: Told the samples scored, and all of them.

        Raises:
            ExplanationError: Hiding changes nothing.
        """
        if np.array_equal(crop, hidden):
            raise ExplanationError(
                "Hiding parts of this image changes nothing: it looks the same where it is hidden.",
                remedy="Choose another image, or another fill for what is hidden.",
            )
        self._scores = scores
        self._shown, self._hidden = scores.to_input(crop), scores.to_input(hidden)
        self.device = self._shown.device
        self.at_once = chunk_size(self.device, crop.shape[0] * crop.shape[1])
        self._report, self._total = report, total
        self.passes = 0
        self._lowest, self._highest = np.inf, -np.inf
        self.warnings = scores.warnings

    def score(self, count: int, masks: MakeMasks, keep: Keep) -> None:
        """Score the next `count` samples, numbered on from those scored before.

        Raises:
            ExplanationError: The model gives scores that are not finite.
            RuntimeError: Memory runs out with a single picture.
        """
        first, sizes = self.passes, [0]

        def score_chunk(chunk: slice) -> None:
            samples = slice(first + chunk.start, first + chunk.stop)
            made = masks(samples)
            scores = self._scores.score(self.blend(made))
            _check_finite(scores)
            keep(samples, made, scores)
            self._lowest = np.minimum(self._lowest, scores.min(axis=0))
            self._highest = np.maximum(self._highest, scores.max(axis=0))
            sizes.append(len(scores))
            self.passes = samples.stop
            self._report(self.passes, self._total)

        notes = run_in_chunks(count, self.at_once, score_chunk)
        if notes:
            self.at_once = max(sizes)
            self.warnings = (*self.warnings, *(note for note in notes if note not in self.warnings))

    def blend(self, masks: Tensor) -> Tensor:
        """Return (n, 3, h, w): exactly the picture where a mask is 1, exactly the hidden version where it is 0."""
        return torch.lerp(self._hidden[None], self._shown[None], masks[:, None])

    def is_constant(self) -> NDArray[np.bool_]:
        """Return (classes,): whether the score was the same, but for rounding, whatever was hidden."""
        size = np.maximum(np.abs(self._lowest), np.abs(self._highest))
        return np.asarray(self._highest - self._lowest <= ROUNDING * size)


def stops_to_look_at(samples: int, *, at_once: int, least: int) -> list[int]:
    """Return after how many samples to see whether they suffice: about `ROUNDS` times, in whole chunks and pairs.

    Args:
        samples: All of them, which is the last stop.
        at_once: Samples of a chunk.
        least: Before as many there is no stop.
    """
    step = 2 * at_once * math.ceil(samples / ROUNDS / (2 * at_once))
    return [*(stop for stop in range(step, samples, step) if stop >= least), samples]


def chunk_size(device: torch.device, pixels: int) -> int:
    """Return how many pictures of `pixels` pixels are scored at once."""
    at_once = CHUNKS.get(device.type, CHUNKS["cpu"]) * CHUNK_SIDE**2 // pixels
    return min(max(at_once, 1), LARGEST_CHUNK)


def _check_finite(scores: NDArray[np.float64]) -> None:
    if not np.isfinite(scores).all():
        raise ExplanationError(
            "The model gives scores that are not finite numbers for some of the samples.",
            remedy="Check the model's weights and its input normalisation.",
        )
