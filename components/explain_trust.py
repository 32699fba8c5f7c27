"""How far to trust the maps shown: figures measured on request, beside what chance would give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from domain.trust import Figure, Trust, WeightCheck

if TYPE_CHECKING:
    from components.map_viewer import FigureCell, FigureRow

_SHARES = (0.0, 1.0)


def trust_rows(
    methods: Sequence[str], trusts: Mapping[str, Trust], checks: Mapping[str, WeightCheck]
) -> list[FigureRow]:
    """Return a row for each figure that at least one of the maps has.

    Args:
        methods: In the order of the columns.
        trusts: Method -> what was measured on its map.
        checks: Method -> whether its maps change with the model's weights.
    """
    names = list(dict.fromkeys(figure.name for trust in trusts.values() for figure in trust.figures))
    rows = [_figure_row([_find(trusts.get(method), name) for method in methods]) for name in names]
    compared = [checks.get(method) for method in methods]
    if any(check is not None and check.correlation is not None for check in compared):
        rows.append(_weights_row(compared))
    return rows


def _find(trust: Trust | None, name: str) -> Figure | None:
    return trust.find(name) if trust else None


def _figure_row(figures: Sequence[Figure | None]) -> FigureRow:
    known = [figure for figure in figures if figure is not None]
    values = [figure.estimate.value for figure in known]
    best = (max if known[0].is_higher_better else min)(values)
    randoms = {f"{figure.random:.3f}" for figure in known if figure.random is not None}
    side = "higher is better" if known[0].is_higher_better else "lower is better"
    return {
        "title": known[0].title,
        "note": f"{side}, random {randoms.pop()}" if len(randoms) == 1 else side,
        "scale": _join_scales(figure.scale for figure in known),
        "cells": [
            None if figure is None else _figure_cell(figure, is_best=len(known) > 1 and figure.estimate.value == best)
            for figure in figures
        ],
    }


def _figure_cell(figure: Figure, *, is_best: bool) -> FigureCell:
    estimate = figure.estimate
    has_interval = estimate.low < estimate.high
    return {
        "value": estimate.value,
        "low": estimate.low if has_interval else None,
        "high": estimate.high if has_interval else None,
        "random": figure.random,
        "is_best": is_best,
        "is_failed": figure.is_no_better_than_chance,
        "words": f"{figure.in_words} n = {estimate.n}.",
    }


def _weights_row(checks: Sequence[WeightCheck | None]) -> FigureRow:
    known = [check.correlation for check in checks if check is not None and check.correlation is not None]
    best = min(estimate.value for estimate in known)
    cells: list[FigureCell | None] = []
    for check in checks:
        if check is None or check.correlation is None:
            cells.append(None)
            continue
        estimate = check.correlation
        cells.append(
            {
                "value": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "random": None,
                "is_best": len(known) > 1 and estimate.value == best and check.is_passed is not False,
                "is_failed": check.is_passed is False,
                "words": check.in_words,
            }
        )
    return {
        "title": "Randomised weights",
        "note": "rank correlation, lower is better",
        "scale": _join_scales([_SHARES, *((estimate.low, 1.0) for estimate in known)]),
        "cells": cells,
    }


def _join_scales(scales: Iterable[tuple[float, float]]) -> tuple[float, float]:
    lows, highs = zip(*scales, strict=True)
    return min(lows), max(highs)
