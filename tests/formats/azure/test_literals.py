"""Python literals from files nobody vouches for."""

from __future__ import annotations

import pytest

from formats.azure.literals import parse_literal


def test_tuples_become_lists() -> None:
    assert parse_literal(" ('a', {\"b\": (1, -2.5e-3, None, True)}) ") == ["a", {"b": [1, -0.0025, None, True]}]


@pytest.mark.parametrize("text", ["1 + 1", "f()", "b'x'", "[x for x in y]", "1j", "'a' 'b", "lambda: 0", "array([1])"])
def test_expressions_never_reach_the_parser(text: str) -> None:
    with pytest.raises(ValueError, match="fits neither"):
        parse_literal(text)


def test_depth_and_length_are_bounded() -> None:
    with pytest.raises(ValueError, match="deeply"):
        parse_literal("[" * 31 + "]" * 31)
    with pytest.raises(ValueError, match="characters"):
        parse_literal(" " * 10_000_001)


@pytest.mark.parametrize("text", ["{1, 2}", "{1: 2}", "{[1]: 2}", "'\\ud800'", "['\\0']", "[1", "(]", ""])
def test_what_json_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither JSON nor"):
        parse_literal(text)
