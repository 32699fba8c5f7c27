from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.base.pixels import as_text, neat, read_size, to_pixels

sides = st.integers(1, 100_000)


@pytest.mark.parametrize(
    ("fraction", "side", "text"),
    [
        (0.26, 499, "129.74"),
        (0.406, 666, "270.396"),
        (0.735, 499, "366.765"),
        (0.701, 666, "466.866"),
        (0.1, 666, "66.6"),
    ],
)
def test_decimals_stay_short(fraction: float, side: int, text: str) -> None:
    assert as_text(to_pixels(fraction, side)) == text


@given(st.floats(-2, 2), sides)
def test_pixels_read_back_as_the_fraction(fraction: float, side: int) -> None:
    pixels = to_pixels(fraction, side)
    assert pixels / side == pytest.approx(fraction, rel=5e-16, abs=1e-323)
    assert to_pixels(pixels / side, side) == pytest.approx(pixels, rel=1e-15)  # two roundings, two units each


@given(st.integers(0, 10**12), sides)
def test_what_a_file_says_with_few_decimals_is_written_again_as_it_stands(thousandths: int, side: int) -> None:
    said = thousandths / 1000
    if said <= 100 * side:
        assert to_pixels(said / side, side) == said


def test_zero_has_no_sign_and_whole_numbers_no_point() -> None:
    assert as_text(to_pixels(-0.0, 9)) == "0"
    assert as_text(neat(3.0, lambda value: value, 3.0)) == "3"


@pytest.mark.parametrize("size", [(0, 1), (1, -1), (True, 1), ("x", 1), (None, 1), (1.5, 1), (1e300, 1)])
def test_sizes_that_are_none(size: tuple[object, object]) -> None:
    assert read_size(*size) is None


def test_sizes_in_numbers_and_texts() -> None:
    assert read_size(" 499 ", 666.0) == (499, 666)
