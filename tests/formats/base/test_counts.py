from __future__ import annotations

from formats.base.counts import count, list_counts


def test_one_is_told_in_the_singular() -> None:
    assert [count(number, "point") for number in (0, 1, 2)] == ["0 points", "1 point", "2 points"]


def test_counts_are_listed_by_name() -> None:
    assert list_counts({"score": 2, "choices": 1}) == "choices (once), score (2 times)"
