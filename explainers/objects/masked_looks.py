"""Looks at a picture under many masks, averaged for each box until its map is settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

from domain.explanation import Heatmap
from domain.progress import Report
from explainers.network.chunks import run_in_chunks
from explainers.network.random_masks import RandomMasks
from explainers.objects.mask_regression import MaskRegression, Numbers
from explainers.objects.masked_answers import MaskedAnswers

FEWEST = 128
"""Masks before a map can be settled."""
ALIKE = 0.7
"""Rank correlation of the maps of two halves of the masks from which more are not worth their time.

Over 15 boxes of drawn scenes it is reached after 192 masks in the median; the map of all of them then has a correlation
of 0.88 with that of 2048 (0.79 to 0.94), and of its evidence 0.82 lies inside the box, after 2048 0.83. Maps before and
after 64 more masks would tell less: they share most of their masks, and grow alike whatever they are worth.
"""
POINTS_PER_CELL = 3
MOST_POINTS = 32
"""Of a map along each side."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the masks say about one box.

    Attributes:
        heatmap: (h, w): what is not chance, or where all that speaks for the box may be, what is likely.
        stands_out: Whether anything that speaks for the box is not chance.
        agreement: Rank correlation between the maps of two halves of the masks.
        best: How well the box was found at best: overlap times score.
    """

    heatmap: Heatmap
    stands_out: bool
    agreement: float
    best: float

    @property
    def is_settled(self) -> bool:
        """Whether more masks are not worth their time: the halves agree, or the box is found as well under any."""
        return self.agreement >= ALIKE or bool(self.heatmap.max() == self.heatmap.min())


class MaskedLooks:
    """What came of the masks so far.

    A box is settled by its own answers alone: its map is the same whichever other boxes are looked for with it.

    Attributes:
        done: Masks looked at.
        warnings: What a reader should know, full sentences.
    """

    def __init__(self, answers: MaskedAnswers, boxes: int, *, cells: int, report: Report, total: int) -> None:
        """Start with nothing seen.

        Args:
            answers: Of the detector, about all boxes.
            boxes: How many.
            cells: Of the masks along each side.
            report: Told the masks looked at, and `total`.
            total: Masks to come.
        """
        self._answers, self._boxes = answers, boxes
        self._report, self._total = report, total
        points = min(POINTS_PER_CELL * cells, MOST_POINTS)
        self._shape = (min(points, answers.size[0]), min(points, answers.size[1]))
        self._regression = MaskRegression(cells=cells)
        self._best = torch.zeros(boxes)
        self._settled: dict[int, Estimate] = {}
        self.done = 0
        self.warnings: tuple[str, ...] = ()

    @property
    def are_settled(self) -> bool:
        """Whether no box needs more masks."""
        return len(self._settled) == self._boxes

    def look(self, masks: RandomMasks) -> None:
        """Look at the picture under each of these masks, an even number but for the last ones."""
        count = len(masks.grids)
        scores = torch.zeros(count, self._boxes)
        coarse = torch.zeros(count, *self._shape)

        def look(part: slice) -> None:
            self._report(self.done + part.start, self._total)
            made = masks.make(part)
            scores[part] = self._answers.similarities(made)
            coarse[part] = adaptive_avg_pool2d(made, self._shape)

        notes = run_in_chunks(count, self._answers.at_once, look)
        self.warnings = tuple(dict.fromkeys([*self.warnings, *notes]))
        self._best = torch.maximum(self._best, scores.amax(dim=0))
        self._regression.add(coarse.double().numpy(), scores.double().numpy())
        self.done += count

    def settle(self) -> None:
        """Keep the maps that are settled by now."""
        if self.done < FEWEST:
            return
        for number, estimate in enumerate(self._now()):
            if number not in self._settled and estimate.is_settled:
                self._settled[number] = estimate

    def estimates(self) -> list[Estimate]:
        """Return the map of each box."""
        return [self._settled.get(number, estimate) for number, estimate in enumerate(self._now())]

    def _now(self) -> list[Estimate]:
        fit = self._regression.fit()
        rows = zip(fit.certain, fit.likely, self._regression.agreement().tolist(), self._best.tolist(), strict=True)
        return [_judge(*row) for row in rows]


def _judge(certain: Numbers, likely: Numbers, agreement: float, best: float) -> Estimate:
    stands_out = bool((certain > 0).any())
    return Estimate((certain if stands_out else likely).astype(np.float32), stands_out, agreement, best)
