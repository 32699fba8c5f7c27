"""When decisions were made: by the hour at first, then by the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

_HOURS = 48
"""Work of so many hours is told by the hour."""

_DAYS = 60
"""So many days back are told."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Decisions over time.

    Attributes:
        unit: What one count is of.
        begins: When each hour or day begins, in local time, without gaps.
        made: Decisions in it.
        earlier: Decisions before the first of them.
    """

    unit: Literal["hour", "day"]
    begins: tuple[datetime, ...]
    made: tuple[int, ...]
    earlier: int = 0

    @property
    def total(self) -> int:
        return sum(self.made)


def describe_activity(hours: Mapping[datetime, int], *, now: datetime) -> Activity:
    """Return decisions over time up to `now`, or to the last one where that is long ago; nothing without any.

    Args:
        hours: Begin of an hour, UTC -> decisions in it.
        now: The present, in the time zone whose days count.
    """
    if not hours:
        return Activity("hour", (), ())
    zone = now.tzinfo
    first, newest = min(hours).astimezone(zone), max(hours).astimezone(zone)
    last = newest if now - newest > timedelta(days=_DAYS) else max(newest, now)
    if last - first < timedelta(hours=_HOURS):
        counts = Counter({_hour_of(begin, zone): made for begin, made in hours.items()})
        begin = _hour_of(first, zone)
        return _fill("hour", counts, begin=begin, last=last, step=timedelta(hours=1))
    by_day: Counter[datetime] = Counter()
    for hour, made in hours.items():
        by_day[_day_of(hour, zone)] += made
    begin = max(_day_of(first, zone), _day_of(last, zone) - timedelta(days=_DAYS - 1))
    return _fill("day", by_day, begin=begin, last=last, step=timedelta(days=1))


def _fill(
    unit: Literal["hour", "day"], counts: Counter[datetime], *, begin: datetime, last: datetime, step: timedelta
) -> Activity:
    begins: list[datetime] = []
    end = last.replace(tzinfo=None)  # `begin` has none either
    while begin <= end:
        begins.append(begin)
        begin += step
    made = tuple(counts[each] for each in begins)
    return Activity(unit, tuple(begins), made, earlier=sum(counts.values()) - sum(made))


def _hour_of(moment: datetime, zone: tzinfo | None) -> datetime:
    """Without its zone: what a clock on the wall shows, so that steps of a day stay at midnight."""
    return moment.astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)


def _day_of(moment: datetime, zone: tzinfo | None) -> datetime:
    return _hour_of(moment, zone).replace(hour=0)
