"""Random audit: images drawn by chance, from which the share of errors in all of them can be told."""

from __future__ import annotations

import numpy as np

from sampling.base import CLASSES, OBJECTS, Needs, Ranking, strategy
from sampling.class_words import say_drawn
from sampling.sheets import Sheet


@strategy(
    "random",
    title="Random audit",
    summary="Images drawn by chance: slow to find errors, but their share among these holds for all.",
    source="https://doi.org/10.1002/9780470316481",
    tasks=(*CLASSES, *OBJECTS),
    needs=Needs.NOTHING,
    reason=say_drawn,
)
def random_audit(sheet: Sheet) -> Ranking:
    """(i + 0.5) / N in an order drawn by the sheet's seed, so that the first n are a simple random sample.

    Source: Cochran, Sampling Techniques, 1977, chapter 2.
    """
    order = np.random.default_rng(sheet.seed).permutation(len(sheet))
    return Ranking((order + 0.5) / max(len(sheet), 1))
