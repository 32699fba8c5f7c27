"""How fast the review goes, and when it will be finished: from the latest decisions, with how far chance moves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from domain.decision import Verdict
from domain.trust import Estimate
from metrics.intervals import mean_of
from store.progress import Made

PAUSE = timedelta(minutes=5)
"""Whoever decides nothing for longer is not at work."""

BLOCK = timedelta(minutes=10)
"""The rate is taken of stretches of work of this length, so that its scatter shows."""

DAYS = 14
"""So many days back the pace of the team is taken from."""

_SETTLING = {Verdict.ACCEPT, Verdict.CORRECT, Verdict.REJECT, Verdict.FLAG, Verdict.WRONG_EVIDENCE}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one reviewer, or all together, decide.

    Attributes:
        per_hour: Images an hour of work; None while too little is known for an interval.
        seconds: Median time for a decision; None when it was not measured.
        measured: How many decisions that is the median of.
    """

    per_hour: Estimate | None
    seconds: float | None
    measured: int


@dataclass(frozen=True, slots=True)
class Span:
    """A length that is not known exactly; `high` is None where no end can be told."""

    value: float
    low: float
    high: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is left, and how long it will take.

    Attributes:
        left: Images that wait for a decision.
        hours: Hours of work of one reviewer; None while the rate is not known.
        per_day: Images the team decided a day; None with fewer than two whole days.
        days: Over how many days that is.
        finish: First, middle and last day on which the end is to be expected; the last is None where none can be told.
    """

    left: int
    hours: Span | None
    per_day: Estimate | None
    days: int
    finish: tuple[date, date, date | None] | None


def measure_pace(rows: Iterable[Sequence[Made]]) -> Pace:
    """Return how fast reviewers decide.

    Args:
        rows: For each reviewer the latest rows of the log, oldest first.
    """
    known = [[row for row in mine if _settles(row)] for mine in rows]
    rates = [rate for mine in known for rate in _block_rates(mine)]
    seconds = [row.seconds for mine in known for row in mine if row.seconds is not None]
    return Pace(
        per_hour=mean_of(rates) if len(rates) > 1 else None,
        seconds=median(seconds) if seconds else None,
        measured=len(seconds),
    )


def forecast(rows: Mapping[str, Sequence[Made]], *, left: int, people: int, now: datetime, most_rows: int) -> Forecast:
    """Return how long the rest will take.

    Args:
        rows: Reviewer -> the latest rows of the log, oldest first.
        left: Images that wait.
        people: How many decide on each image.
        now: The present, with its time zone: days begin at its midnight.
        most_rows: So many rows were asked for; who has as many may have had more before.
    """
    per_hour = measure_pace(rows.values()).per_hour
    days = _count_days(rows, now=now, most_rows=most_rows)
    per_day = mean_of([float(number) for number in days]) if len(days) > 1 else None
    return Forecast(
        left=left,
        hours=_divide(left * people, per_hour) if per_hour is not None else None,
        per_day=per_day,
        days=len(days),
        finish=_finish(left, per_day, now.date()) if per_day is not None else None,
    )


def _settles(row: Made) -> bool:
    return not row.is_undo and row.verdict in _SETTLING


def _block_rates(rows: Sequence[Made]) -> Iterator[float]:
    """Decisions an hour, of each whole stretch of `BLOCK` of work.

    The time before a decision is work unless it is a pause; then the decision begins a new spell and its own time,
    which nobody saw begin, is left out with it.
    """
    spent, made = timedelta(), 0
    for before, row in pairwise(rows):
        gap = row.made_at - before.made_at
        if not timedelta() <= gap <= PAUSE:
            continue
        spent, made = spent + gap, made + 1
        if spent >= BLOCK:
            yield made / (spent / timedelta(hours=1))
            spent, made = timedelta(), 0


def _count_days(rows: Mapping[str, Sequence[Made]], *, now: datetime, most_rows: int) -> list[int]:
    """Images first decided on each whole day behind us, from the first with any; rest days count too."""
    zone, today = now.tzinfo, now.date()
    start = today - timedelta(days=DAYS)
    for mine in rows.values():
        if len(mine) >= most_rows:  # the day of the oldest row may have had more
            start = max(start, mine[0].made_at.astimezone(zone).date() + timedelta(days=1))
    first: dict[str, date] = {}
    for mine in rows.values():
        for row in mine:
            if _settles(row):
                day = row.made_at.astimezone(zone).date()
                first[row.image_id] = min(day, first.get(row.image_id, day))
    made = Counter(day for day in first.values() if start <= day < today)
    if not made:
        return []
    begin = min(made)
    return [made[begin + timedelta(days=number)] for number in range((today - begin).days)]


def _divide(amount: float, rate: Estimate) -> Span | None:
    """How long an amount takes at a rate; None where nothing is done."""
    if rate.value <= 0:
        return None
    low = amount / rate.high if rate.high > 0 else 0.0
    return Span(amount / rate.value, low, amount / rate.low if rate.low > 0 else None)


def _finish(left: int, per_day: Estimate, today: date) -> tuple[date, date, date | None] | None:
    span = _divide(left, per_day)
    if span is None:
        return None
    last = None if span.high is None else _day_after(today, span.high)
    return _day_after(today, span.low), _day_after(today, span.value), last


def _day_after(today: date, days: float) -> date:
    """A century at most: beyond that no calendar helps."""
    return today + timedelta(days=min(round(days), 36_500))
