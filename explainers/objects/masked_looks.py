"""Looks at a picture under many masks, averaged for each box until its map is settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from domain.explanation import Heatmap
from domain.progress import Report
from explainers.network.chunks import run_in_chunks
from explainers.network.mask_average import MaskAverage
from explainers.network.random_masks import RandomMasks
from explainers.objects.masked_answers import MaskedAnswers

FEWEST = 128
"""Masks before a map can be settled."""
ALIKE = 0.8
"""Correlation of the maps of two halves of the masks from which more are not worth their time: that of the map of both
with the truth is then about 0.94. Of ranks it could not be asked, since most of a picture has no part in one box, and
the order of those places is chance however many masks there are."""
COARSE = 4
"""Pixels of the masked picture per cell of the map along each side, at most."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the masks say about one box.

    Attributes:
        heatmap: (h, w).
        agreement: Correlation between the maps of two halves of the masks.
        best: How well the box was found at best: overlap times score.
    """

    heatmap: Heatmap
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
        self._step = max(1, min(COARSE, min(answers.size) // (4 * cells)))
        self._average = MaskAverage()
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
        coarse = self._shrink(masks.make(slice(0, 1))).repeat(count, 1, 1)

        def look(part: slice) -> None:
            self._report(self.done + part.start, self._total)
            made = masks.make(part)
            scores[part] = self._answers.similarities(made)
            coarse[part] = self._shrink(made)

        notes = run_in_chunks(count, self._answers.at_once, look)
        self.warnings = tuple(dict.fromkeys([*self.warnings, *notes]))
        self._best = torch.maximum(self._best, scores.amax(dim=0))
        self._average.add(slice(0, count), coarse, scores.double().numpy())
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
        rows = zip(self._average.maps(), self._average.agreement().tolist(), self._best.tolist(), strict=True)
        return [Estimate(heatmap.astype(np.float32), *figures) for heatmap, *figures in rows]

    def _shrink(self, masks: torch.Tensor) -> torch.Tensor:
        """Return every few pixels of (n, height, width) masks, which are smooth."""
        start = self._step // 2
        return masks[:, start :: self._step, start :: self._step]
