import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import services.overlays
from domain.errors import InputError
from domain.explanation import Explanation, Region, Target
from services.overlays import COLOURS, encode_png, render_overlay

ORANGE_GREY = round(0.2126 * 200 + 0.7152 * 100 + 0.0722 * 50)
PHOTO_COLOUR = (200, 100, 50)


def photo(width=60, height=40):
    return np.full((height, width, 3), PHOTO_COLOUR, np.uint8)


def explanation(values, **facts):
    return Explanation("a.jpg", "m", "gradcam", Target("can"), np.array(values, np.float32), **facts)


def test_the_strongest_value_has_the_last_colour_of_the_scale_at_the_given_opacity():
    drawn = render_overlay(photo(), explanation([[5.0]]), opacity=0.75)

    wanted = 0.75 * np.array([0xFC, 0xFF, 0xA4]) + 0.25 * np.array([ORANGE_GREY] * 3)
    assert np.abs(drawn.reshape(-1, 3) - wanted).max() <= 1


@pytest.mark.parametrize(("value", "colour"), [(0.0, (0x00, 0x00, 0x04)), (0.2, (0x42, 0x0A, 0x68))])
def test_weak_evidence_leaves_more_of_the_photo_visible(value, colour):
    drawn = render_overlay(photo(), explanation([[value, 1.0]], is_regional=True), opacity=1.0)

    alpha = 0.12 + 0.88 * value**0.7
    wanted = alpha * np.array(colour) + (1 - alpha) * np.array([ORANGE_GREY] * 3)
    assert np.abs(drawn[0, 0] - wanted).max() <= 1


def test_an_opacity_of_nothing_leaves_the_photo():
    assert np.array_equal(render_overlay(photo(), explanation([[1.0]]), opacity=0.0, grey=False), photo())
    assert set(render_overlay(photo(), explanation([[1.0]]), opacity=0.0)[0, 0].tolist()) == {ORANGE_GREY}


def test_what_the_map_does_not_cover_stays_plain():
    region = Region(0.25, 0.25, 0.75, 0.75)
    drawn = render_overlay(photo(), explanation([[1.0]], region=region), grey=False)

    is_painted = (drawn != PHOTO_COLOUR).any(axis=2)
    assert is_painted[10:30, 15:45].all()
    assert is_painted.sum() == 20 * 30


def test_a_region_that_hangs_over_the_edge_keeps_its_scale():
    drawn = render_overlay(
        photo(30, 10), explanation([[0.0, 0.0, 1.0, 0.0]], region=Region(0, 0, 4 / 3, 1), is_regional=True)
    )
    bright = drawn[5, :, 0] > 200
    assert (bright[:20].any(), bright[20:].all()) == (False, True)


def test_regions_keep_sharp_edges_and_other_maps_are_smooth():
    values = [[0.0, 1.0]]
    sharp = render_overlay(photo(), explanation(values, is_regional=True))
    smooth = render_overlay(photo(), explanation(values))

    assert len(np.unique(sharp[0], axis=0)) == 2
    assert len(np.unique(smooth[0], axis=0)) > 20
    assert np.array_equal(sharp[:, 0], smooth[:, 0])


def test_signed_colours_show_for_in_orange_and_against_in_blue_and_nothing_at_zero():
    drawn = render_overlay(
        photo(90), explanation([[-1.0, 0.0, 1.0]], is_regional=True), colours="signed", opacity=1.0, grey=False
    )
    assert drawn[0, 0].tolist() == [0x0B, 0x4F, 0x9E]
    assert drawn[0, 45].tolist() == list(PHOTO_COLOUR)
    assert drawn[0, 89].tolist() == [0x9C, 0x40, 0x03]


def test_negative_values_are_drawn_as_zero_on_an_unsigned_scale():
    drawn = render_overlay(photo(), explanation([[-9.0, 0.0, 1.0]], is_regional=True))
    assert drawn[0, 0].tolist() == drawn[0, 25].tolist()


def test_a_map_without_positive_values_is_all_zero():
    drawn = render_overlay(photo(), explanation([[-2.0, -1.0]]))
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) == 1


def test_one_extreme_cell_does_not_pale_the_rest():
    values = np.ones((20, 20), np.float32)
    values[0, 0] = 1000.0
    drawn = render_overlay(photo(), explanation(values))
    assert drawn[-1, -1, 0] > 200


def test_strips_meet_without_a_seam(monkeypatch):
    values = np.random.default_rng(1).random((7, 9)).astype(np.float32)
    whole = render_overlay(photo(50, 33), explanation(values))
    monkeypatch.setattr(services.overlays, "_STRIP", 5)

    assert np.array_equal(render_overlay(photo(50, 33), explanation(values)), whole)


def test_the_colours_are_those_of_the_map_viewer():
    script = Path(__file__).parents[2] / "components/map_viewer/static/colours.js"
    text = script.read_text()
    for name, anchors in services.overlays._ANCHORS.items():
        assert re.search(rf"{name}: `([0-9A-F ]+)`", text)[1] == anchors
    assert re.search(r"FOR = `(.+?)`", text)[1] == services.overlays._FOR
    assert re.search(r"AGAINST = `(.+?)`", text)[1] == services.overlays._AGAINST


def test_unknown_colours_and_opacities_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match=f"no colour scale 'jet'.*{', '.join(COLOURS)}"):
        render_overlay(photo(), explanation([[1.0]]), colours="jet")
    with pytest.raises(InputError, match="opacity is 75"):
        render_overlay(photo(), explanation([[1.0]]), opacity=75)


def test_a_png_keeps_every_pixel_and_the_orientation():
    pixels = np.random.default_rng(2).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(encode_png(pixels, orientation=6))) as image:
        assert image.getexif()[0x0112] == 6
        assert np.array_equal(np.asarray(image), pixels)
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert 0x0112 not in image.getexif()
