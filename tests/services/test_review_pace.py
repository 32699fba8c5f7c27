"""Pace and forecast: what honest numbers come of known work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.review_pace import forecast, measure_pace
from store.progress import Made

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def work(begin, *, every, count, seconds=4.0, verdict="accept", start=0, is_undo=False):
    """Decisions at an even pace."""
    step = timedelta(seconds=every)
    return [Made(f"{start + n}.jpg", verdict, begin + n * step, seconds, is_undo) for n in range(count)]


def test_an_even_pace_is_told_with_a_narrow_interval():
    pace = measure_pace([work(NOW - timedelta(hours=2), every=10, count=700)])

    assert pace.per_hour is not None
    assert pace.per_hour.value == pytest.approx(360, rel=0.01)
    assert pace.per_hour.high - pace.per_hour.low < 5
    assert (pace.seconds, pace.measured) == (4.0, 700)


def test_a_lunch_break_does_not_slow_anybody_down():
    morning = work(NOW - timedelta(hours=5), every=10, count=400)
    noon = work(NOW - timedelta(hours=2), every=10, count=400, start=400)

    pace = measure_pace([[*morning, *noon]])

    assert pace.per_hour is not None
    assert pace.per_hour.value == pytest.approx(360, rel=0.02)


def test_an_uneven_pace_has_a_wide_interval():
    quick = work(NOW - timedelta(hours=3), every=5, count=240)
    slow = work(NOW - timedelta(hours=2), every=60, count=30, start=240)

    pace = measure_pace([[*quick, *slow]])

    assert pace.per_hour is not None
    assert pace.per_hour.low < 250 < pace.per_hour.high
    assert pace.per_hour.high - pace.per_hour.low > 200


def test_skips_undos_and_notes_of_leads_are_no_finished_images():
    begin = NOW - timedelta(hours=2)
    rows = work(begin, every=10, count=300, verdict="skip") + work(begin, every=10, count=300, is_undo=True)

    assert measure_pace([rows]).measured == 0


def test_little_work_has_no_rate():
    assert measure_pace([work(NOW - timedelta(minutes=15), every=10, count=80)]).per_hour is None
    assert measure_pace([]).per_hour is None
    assert measure_pace([[]]).seconds is None


def test_a_clock_that_was_put_back_takes_no_time_away():
    rows = work(NOW, every=10, count=200) + work(NOW - timedelta(days=1), every=10, count=200, start=200)

    pace = measure_pace([rows])

    assert pace.per_hour is not None
    assert pace.per_hour.value == pytest.approx(360, rel=0.02)


def test_work_and_days_that_are_left_follow_from_the_pace():
    rows = {
        "Ana": [
            row for day in range(1, 6) for row in work(NOW - timedelta(days=day), every=10, count=500, start=500 * day)
        ]
    }
    rows["Ana"].sort(key=lambda row: row.made_at)

    told = forecast(rows, left=3600, people=1, now=NOW, most_rows=10_000)

    assert told.hours is not None
    assert told.hours.value == pytest.approx(10, rel=0.02)
    assert told.hours.high is not None
    assert told.hours.low <= told.hours.value <= told.hours.high
    assert (told.days, told.per_day is not None and told.per_day.value) == (5, 500)
    assert told.finish is not None
    assert told.finish[1] == (NOW + timedelta(days=7)).date()


def test_rest_days_count_and_an_uncertain_pace_says_so():
    rows = {
        "Ana": [
            *work(NOW - timedelta(days=9), every=10, count=600),
            *work(NOW - timedelta(days=2), every=10, count=20, start=600),
        ]
    }

    told = forecast(rows, left=10_000, people=1, now=NOW, most_rows=10_000)

    assert (told.days, told.per_day is not None and round(told.per_day.value, 1)) == (9, 68.9)
    assert told.finish is not None
    assert told.finish[2] is None  # it may as well never end
    assert told.finish[0] < told.finish[1]


def test_today_is_not_over_yet_and_does_not_count():
    rows = {"Ana": work(NOW - timedelta(hours=1), every=10, count=300)}

    told = forecast(rows, left=100, people=1, now=NOW, most_rows=10_000)

    assert (told.per_day, told.days, told.finish) == (None, 0, None)


def test_whoever_has_more_rows_than_were_read_shortens_the_days_looked_at():
    fast = [row for day in (3, 2, 1) for row in work(NOW - timedelta(days=day), every=10, count=100, start=100 * day)]
    rows = {"Ana": fast, "Ben": work(NOW - timedelta(days=9), every=10, count=50, start=5000)}

    told = forecast(rows, left=100, people=1, now=NOW, most_rows=300)

    assert told.days == 2  # the day of the oldest row read may have had more


def test_images_for_several_reviewers_take_each_of_them():
    rows = {"Ana": work(NOW - timedelta(hours=3), every=10, count=700)}

    one, three = (forecast(rows, left=360, people=people, now=NOW, most_rows=10_000).hours for people in (1, 3))

    assert one is not None
    assert three is not None
    assert three.value == pytest.approx(3 * one.value)
