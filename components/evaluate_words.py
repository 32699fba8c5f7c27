"""Figures as the Evaluate page words them."""

from __future__ import annotations

from domain.trust import Estimate

UNDEFINED = "–"


def figure(value: float | None) -> str:
    """Three decimals, with a true minus; undefined is a dash, never 0."""
    return UNDEFINED if value is None else f"{value:.3f}".replace("-", "−")


def change(value: float | None) -> str:
    """With its sign: "+0.035", "−0.005"; "0.000" for what rounds to nothing."""
    if value is None:
        return UNDEFINED
    shown = f"{value:+.3f}"
    return "0.000" if float(shown) == 0 else shown.replace("-", "−")


def span(estimate: Estimate | None) -> str:
    """The ends of an interval: "0.421 to 0.472"."""
    if estimate is None or estimate.n == 1:
        return "no interval"
    return f"{figure(estimate.low)} to {figure(estimate.high)}"


def cell(value: float | None) -> str:
    """A count with commas, or a figure."""
    return f"{value:,}" if isinstance(value, int) else figure(value)


def tone(value: float | None, *, is_higher_better: bool = True) -> str:
    """Whether a change is to the better, as a class of the style sheet."""
    if value is None or abs(value) < 5e-4:
        return "grey"
    return "better" if (value > 0) == is_higher_better else "worse"
