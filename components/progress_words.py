"""Estimates as the Progress page words them: three significant digits, the interval in brackets."""

from __future__ import annotations

from datetime import datetime

from domain.trust import Estimate
from services.review_pace import Forecast, Span

TOO_FEW = "Too few to say"


def number_in_words(value: float) -> str:
    """Three significant digits, with commas: "1,230", "61.2", "0.447"."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def estimate_in_words(estimate: Estimate | None) -> str:
    """Of something that cannot be less than none."""
    if estimate is None:
        return TOO_FEW
    low, high = (number_in_words(max(0.0, end)) for end in (estimate.low, estimate.high))
    return f"{number_in_words(estimate.value)} ({low} to {high})"


def share_in_words(estimate: Estimate | None) -> str:
    """A share, from 0 to 1."""
    return "–" if estimate is None else f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def hours_in_words(span: Span | None) -> str:
    """Hours of work."""
    if span is None:
        return TOO_FEW
    value, low = number_in_words(span.value), number_in_words(span.low)
    return (
        f"{value} h (at least {low} h)" if span.high is None else f"{value} h ({low} to {number_in_words(span.high)} h)"
    )


def finish_in_words(forecast: Forecast) -> str:
    """The day of the end."""
    if not forecast.left:
        return "Everything is decided"
    if forecast.finish is None:
        return TOO_FEW
    first, middle, last = forecast.finish
    if first == last:
        return f"{middle}"
    if last is None:
        return f"{middle} ({first} at the earliest)"
    return f"{middle} ({first} to {last})"


def moment_in_words(moment: datetime | None) -> str:
    """A local date and time."""
    return "–" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
