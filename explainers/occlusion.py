"""Occlusion: slide a window over the picture and see how far the score falls where it hides something."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.progress import Report
from explainers.base import EXPLAINERS, ScoresImages
from explainers.network.class_scores import SCALE_HELP, ClassScores, Scale
from explainers.network.hiding import HidingExplainer, Maps
from explainers.network.masked_scores import CHUNK_SIDE, MaskedScores
from explainers.network.precision import PRECISION_HELP, Precision
from explainers.picture.fills import Fill, hide_picture

WINDOWS_PER_SIDE = 7
MOST_WINDOWS = 100_000


@dataclass(frozen=True, slots=True)
class Occlusion(HidingExplainer):
    """Occlusion sensitivity (Zeiler and Fergus, ECCV 2014): the fall of the score, averaged over a pixel's windows."""

    title: ClassVar[str] = "Occlusion"
    summary: ClassVar[str] = (
        "Needs nothing but scores: slides a window over the picture and sees where the score falls."
    )
    paper: ClassVar[str] = "https://arxiv.org/abs/1311.2901"
    source: ClassVar[str] = "the windows"
    remedy: ClassVar[str] = "Try another class, a larger window, or another method."

    window: int = field(
        default=0,
        metadata={
            "help": "Side of the window in pixels of the network's input. 0: a seventh of the shorter side.",
            "min": 0,
            "max": 1024,
        },
    )
    stride: int = field(
        default=0,
        metadata={
            "help": "Pixels from one window to the next, at most its side. 0: half of it.",
            "min": 0,
            "max": 1024,
        },
    )
    fill: str = field(
        default=Fill.GREY.value,
        metadata={
            "help": "What the window shows: the mean colour of the picture, the picture blurred, or grey.",
            "choices": tuple(fill.value for fill in Fill),
        },
    )
    scale: str = field(default=Scale.LOGIT.value, metadata=SCALE_HELP)
    precision: str = field(default=Precision.EXACT.value, metadata=PRECISION_HELP)

    def passes(self, model: object) -> tuple[int, int]:
        size = model.info.input_size if isinstance(model, ScoresImages) else None
        height, width = size or (CHUNK_SIDE, CHUNK_SIDE)
        return len(self.windows(height, width)) + 1, 0

    def look(self, scores: ClassScores, crop: RGBImage, *, seed: int, report: Report) -> Maps:  # noqa: ARG002 - nothing is random here
        height, width = crop.shape[:2]
        windows = self.windows(height, width)
        masked = MaskedScores(scores, crop, hide_picture(crop, self.fill), total=len(windows) + 1, report=report)
        edges = torch.from_numpy(np.concatenate([[(0, 0, 0, 0)], windows])).to(masked.device)  # first the whole picture
        found: list[NDArray[np.float64]] = []
        masked.score(
            len(edges),
            lambda samples: make_masks(edges[samples], height, width),
            lambda _samples, _masks, made: found.append(made),
        )
        whole, *covered = np.concatenate(found)
        return Maps(average_falls(whole - np.array(covered), windows, height, width), masked)

    def windows(self, height: int, width: int) -> NDArray[np.int64]:
        """Return (n, 4) top, left, bottom and right of every window, row by row; the last ones are cut at the edge.

        Raises:
            ExplanationError: There are too many.
        """
        side = self.window or max(1, min(height, width) // WINDOWS_PER_SIDE)
        stride = min(self.stride or max(1, side // 2), side)
        rows, columns = (range(math.ceil(max(length - side, 0) / stride) + 1) for length in (height, width))
        if len(rows) * len(columns) > MOST_WINDOWS:
            raise ExplanationError(
                f"A window every {stride} pixels makes {len(rows) * len(columns)} pictures to score; expected at most "
                f"{MOST_WINDOWS}.",
                remedy="Choose a larger stride.",
            )
        corners = [(row * stride, column * stride) for row in rows for column in columns]
        return np.array([(top, left, min(top + side, height), min(left + side, width)) for top, left in corners])


def make_masks(edges: Tensor, height: int, width: int) -> Tensor:
    """Return (n, height, width): 0 inside the windows whose (n, 4) edges are given, 1 outside."""
    top, left, bottom, right = edges[:, :, None].unbind(dim=1)
    rows, columns = (torch.arange(length, device=edges.device)[None] for length in (height, width))
    inside = ((rows >= top) & (rows < bottom))[:, :, None] & ((columns >= left) & (columns < right))[:, None]
    return (~inside).float()


def average_falls(
    falls: NDArray[np.float64], windows: NDArray[np.int64], height: int, width: int
) -> NDArray[np.float64]:
    """Return (classes, height, width): for each pixel the mean fall of the windows that cover it.

    Args:
        falls: (n, classes).
        windows: (n, 4) edges; every pixel is covered.
        height: Pixels.
        width: Pixels.
    """
    sums, counts = np.zeros((height, width, falls.shape[1])), np.zeros((height, width, 1))
    for fall, (top, left, bottom, right) in zip(falls, windows, strict=True):
        sums[top:bottom, left:right] += fall
        counts[top:bottom, left:right] += 1
    return np.moveaxis(sums / counts, -1, 0)


EXPLAINERS.register("occlusion", Occlusion)
