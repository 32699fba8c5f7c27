from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from domain.geometry import Box
from domain.orientation import (
    array_to_stored,
    array_to_upright,
    box_to_stored,
    box_to_upright,
    point_to_stored,
    point_to_upright,
    segment_to_stored,
    segment_to_upright,
    upright_size,
)

ORIENTATIONS = range(1, 9)
WIDTH, HEIGHT = 5, 3
fractions = st.floats(-2, 3, allow_nan=False)
every_orientation = pytest.mark.parametrize("orientation", ORIENTATIONS)


def turned_by_pillow(pixels: np.ndarray, orientation: int) -> np.ndarray:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(pixels)
    image.info["exif"] = exif.tobytes()
    return np.asarray(ImageOps.exif_transpose(image))


def numbered_pixels() -> np.ndarray:
    return np.arange(WIDTH * HEIGHT, dtype=np.uint8).reshape(HEIGHT, WIDTH)


@every_orientation
def test_arrays_turn_as_pillow_turns_them(orientation):
    pixels = numbered_pixels()

    upright = array_to_upright(pixels, orientation)

    np.testing.assert_array_equal(upright, turned_by_pillow(pixels, orientation))
    assert upright.flags.c_contiguous
    assert upright.shape[::-1] == upright_size(WIDTH, HEIGHT, orientation)


@every_orientation
def test_colour_arrays_keep_their_channels_last(orientation):
    pixels = np.dstack([numbered_pixels()] * 3)

    np.testing.assert_array_equal(array_to_upright(pixels, orientation), turned_by_pillow(pixels, orientation))


@every_orientation
def test_arrays_come_back(orientation):
    pixels = numbered_pixels()

    np.testing.assert_array_equal(array_to_stored(array_to_upright(pixels, orientation), orientation), pixels)


@every_orientation
def test_a_point_stays_on_the_pixel_it_marks(orientation):
    pixels = numbered_pixels()
    upright = turned_by_pillow(pixels, orientation)
    upright_height, upright_width = upright.shape

    for row in range(HEIGHT):
        for column in range(WIDTH):
            x, y = point_to_upright((column + 0.5) / WIDTH, (row + 0.5) / HEIGHT, orientation)
            assert upright[int(y * upright_height), int(x * upright_width)] == pixels[row, column]


@every_orientation
def test_a_box_frames_the_same_pixels(orientation):
    box = Box(1 / WIDTH, 0, 4 / WIDTH, 2 / HEIGHT)
    marked = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    marked[0:2, 1:4] = 1
    upright = turned_by_pillow(marked, orientation)
    height, width = upright.shape

    turned = box_to_upright(box, orientation)

    columns = slice(round(turned.x_min * width), round(turned.x_max * width))
    rows = slice(round(turned.y_min * height), round(turned.y_max * height))
    assert turned.is_valid
    assert upright[rows, columns].sum() == upright.sum() == upright[rows, columns].size


@given(fractions, fractions, st.sampled_from(ORIENTATIONS))
def test_points_come_back(x, y, orientation):
    assert point_to_stored(*point_to_upright(x, y, orientation), orientation) == pytest.approx((x, y))


@given(st.tuples(fractions, fractions, fractions, fractions), st.sampled_from(ORIENTATIONS))
def test_boxes_come_back_even_when_they_are_wrong(corners, orientation):
    box = Box(*corners)

    there = box_to_upright(box, orientation)
    back = box_to_stored(there, orientation)

    assert back.as_tuple() == pytest.approx(box.as_tuple())
    assert there.area == pytest.approx(box.area, abs=1e-9)


@given(st.lists(fractions, max_size=9), st.sampled_from(ORIENTATIONS))
def test_segments_come_back_with_an_unpaired_last_value(values, orientation):
    segment = tuple(values)

    there = segment_to_upright(segment, orientation)

    assert len(there) == len(segment)
    assert segment_to_stored(there, orientation) == pytest.approx(segment)


@every_orientation
def test_a_segment_turns_point_by_point(orientation):
    there = segment_to_upright((0.1, 0.2, 0.7, 0.4), orientation)

    assert there == (*point_to_upright(0.1, 0.2, orientation), *point_to_upright(0.7, 0.4, orientation))


@pytest.mark.parametrize("orientation", [0, 9, -1])
def test_an_orientation_that_does_not_exist_is_refused(orientation):
    with pytest.raises(ValueError, match="expected 1 to 8"):
        upright_size(4, 3, orientation)
