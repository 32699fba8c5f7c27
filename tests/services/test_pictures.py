from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from domain.errors import ImageError
from domain.model_spec import InputOrientation
from services.pictures import inspect_image, load_picture

MAX_PIXELS = 500_000_000


def exif_with(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def corner_picture(width: int = 48, height: int = 32) -> Image.Image:
    """White, with a red block in the top left corner and a blue one in the bottom right corner."""
    image = Image.new("RGB", (width, height), "white")
    image.paste((220, 20, 20), (0, 0, 16, 8))
    image.paste((20, 20, 220), (width - 16, height - 8, width, height))
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_all_eight_orientations_load_stored_and_upright(tmp_path, orientation, suffix):
    path = tmp_path / f"photo{suffix}"
    corner_picture().save(path, exif=exif_with(orientation))

    facts = inspect_image(path, max_pixels=MAX_PIXELS)
    stored = load_picture(path, max_pixels=MAX_PIXELS)
    upright = load_picture(path, orientation=InputOrientation.UPRIGHT, max_pixels=MAX_PIXELS)

    with Image.open(path) as image:
        np.testing.assert_array_equal(stored, np.asarray(image))
        np.testing.assert_array_equal(upright, np.asarray(ImageOps.exif_transpose(image)))
    assert (facts.width, facts.height, facts.orientation, facts.problem) == (48, 32, orientation, "")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_orientations_are_read(tmp_path, orientation):
    path = tmp_path / "photo.avif"
    corner_picture().save(path, exif=exif_with(orientation), quality=95)

    assert inspect_image(path, max_pixels=MAX_PIXELS).orientation == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_upright_as_decoded(tmp_path, orientation):
    path = tmp_path / "photo.tiff"
    corner_picture().save(path, exif=exif_with(orientation))

    facts = inspect_image(path, max_pixels=MAX_PIXELS)
    pixels = load_picture(path, max_pixels=MAX_PIXELS)

    assert facts.orientation == 1
    assert (facts.height, facts.width) == pixels.shape[:2] == ((48, 32) if orientation >= 5 else (32, 48))
    np.testing.assert_array_equal(
        pixels, load_picture(path, orientation=InputOrientation.UPRIGHT, max_pixels=MAX_PIXELS)
    )


@pytest.mark.parametrize("value", [0, 9, 300])
def test_an_orientation_that_does_not_exist_counts_as_upright(tmp_path, value):
    path = tmp_path / "photo.jpg"
    corner_picture().save(path, exif=exif_with(value))

    assert inspect_image(path, max_pixels=MAX_PIXELS).orientation == 1


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_damaged_exif_block_does_not_spoil_the_picture(tmp_path):
    path = tmp_path / "photo.jpg"
    corner_picture().save(path, exif=b"Exif\0\0" + b"MM\0*\xff\xff\xff\xff garbage")

    assert inspect_image(path, max_pixels=MAX_PIXELS).problem == ""
    assert load_picture(path, orientation=InputOrientation.UPRIGHT, max_pixels=MAX_PIXELS).shape == (32, 48, 3)


def test_an_orientation_in_xmp_alone_is_not_heeded(tmp_path):
    path = tmp_path / "photo.jpg"
    xmp = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    corner_picture().save(path, xmp=xmp)

    assert inspect_image(path, max_pixels=MAX_PIXELS).orientation == 1


def gradient(dtype: type, top: float) -> np.ndarray:
    return np.tile(np.linspace(0, top, 256), (4, 1)).astype(dtype)


@pytest.mark.parametrize(
    ("name", "values", "mode"),
    [
        ("deep.png", gradient(np.uint16, 65535), "I;16"),
        ("deep.tiff", gradient(np.uint16, 65535), "I;16"),
        ("big_endian.tiff", gradient(np.uint16, 65535).astype(">u2"), "I;16B"),
        ("integers.tiff", gradient(np.int32, 2_000_000_000), "I"),
        ("small_integers.tiff", gradient(np.int32, 65535), "I"),
        ("unit.tiff", gradient(np.float32, 1), "F"),
        ("bytes.tiff", gradient(np.float32, 255), "F"),
        ("counts.tiff", gradient(np.float32, 65535), "F"),
        ("signed.tiff", gradient(np.float32, 2) - 1, "F"),
        ("huge.tiff", (gradient(np.float32, 2) - 1) * np.float32(3e38), "F"),
    ],
)
def test_a_deep_gradient_stays_a_gradient(tmp_path, name, values, mode):
    path = tmp_path / name
    Image.fromarray(values).save(path)

    facts = inspect_image(path, max_pixels=MAX_PIXELS)
    pixels = load_picture(path, max_pixels=MAX_PIXELS)

    assert (facts.mode, facts.problem) == (mode, "")
    assert pixels.dtype == np.uint8
    assert np.abs(pixels[..., 1].astype(int) - np.arange(256)).max() <= 1
    assert pixels.flags.writeable


def test_values_that_are_no_numbers_count_as_the_smallest(tmp_path):
    values = gradient(np.float32, 5)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    Image.fromarray(values).save(tmp_path / "gaps.tiff")

    pixels = load_picture(tmp_path / "gaps.tiff", max_pixels=MAX_PIXELS)

    assert pixels[0, :3, 0].tolist() == [0, 5, 0]


def test_an_image_of_nothing_but_nan_is_black(tmp_path):
    Image.fromarray(np.full((4, 4), np.nan, np.float32)).save(tmp_path / "nan.tiff")

    assert not load_picture(tmp_path / "nan.tiff", max_pixels=MAX_PIXELS).any()


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".webp", ".gif"])
def test_transparent_parts_lie_on_white(tmp_path, suffix):
    image = Image.new("RGBA", (20, 10), (10, 200, 30, 255))
    image.paste((0, 0, 0, 0), (10, 0, 20, 10))
    options = {"lossless": True} if suffix == ".webp" else {}
    image.save(tmp_path / f"cut{suffix}", **options)

    pixels = load_picture(tmp_path / f"cut{suffix}", max_pixels=MAX_PIXELS)

    assert pixels[5, 2].tolist() == [10, 200, 30]
    assert pixels[5, 15].tolist() == [255, 255, 255]


def test_half_transparent_grey_is_mixed_with_white(tmp_path):
    Image.new("LA", (8, 8), (100, 128)).save(tmp_path / "veil.png")

    assert load_picture(tmp_path / "veil.png", max_pixels=MAX_PIXELS)[0, 0] == pytest.approx(177, abs=1)


def test_a_palette_with_one_transparent_colour_keeps_the_others(tmp_path):
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 250, 120, 10])
    image.paste(0, (0, 0, 4, 8))
    image.save(tmp_path / "palette.png", transparency=0)

    pixels = load_picture(tmp_path / "palette.png", max_pixels=MAX_PIXELS)

    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 7].tolist() == [250, 120, 10]


@pytest.mark.parametrize(
    ("mode", "name", "colour", "expected"),
    [
        ("CMYK", "print.jpg", (0, 255, 255, 0), (255, 0, 0)),
        ("CMYK", "print.tiff", (255, 0, 255, 0), (0, 255, 0)),
        ("L", "grey.png", 77, (77, 77, 77)),
        ("1", "ink.png", 1, (255, 255, 255)),
        ("1", "ink.tiff", 0, (0, 0, 0)),
        ("P", "few.gif", 0, (9, 8, 7)),
    ],
)
def test_other_modes_become_rgb(tmp_path, mode, name, colour, expected):
    image = Image.new(mode, (16, 16), colour)
    if mode == "P":
        image.putpalette([9, 8, 7])
    image.save(tmp_path / name)

    pixels = load_picture(tmp_path / name, max_pixels=MAX_PIXELS)

    assert pixels.shape == (16, 16, 3)
    assert pixels[8, 8].astype(int) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tiff", ".mpo"])
def test_the_first_of_several_frames_is_taken(tmp_path, suffix):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / f"moving{suffix}", save_all=True, append_images=frames[1:])

    facts = inspect_image(tmp_path / f"moving{suffix}", max_pixels=MAX_PIXELS)
    pixels = load_picture(tmp_path / f"moving{suffix}", max_pixels=MAX_PIXELS)

    assert facts.problem == ""
    assert pixels[8, 8].astype(int) == pytest.approx((255, 0, 0), abs=3)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".jp2"])
def test_a_reduced_picture_keeps_its_proportions_and_its_facts(tmp_path, suffix):
    path = tmp_path / f"large{suffix}"
    corner_picture(640, 320).save(path)

    pixels = load_picture(path, max_pixels=MAX_PIXELS, max_side=100)
    facts = inspect_image(path, max_pixels=MAX_PIXELS)

    assert pixels.shape == (50, 100, 3)
    assert pixels[25, 50].tolist() == [255, 255, 255]
    assert (facts.width, facts.height) == (640, 320)


def test_a_small_picture_is_never_enlarged(tmp_path):
    corner_picture().save(tmp_path / "small.png")

    assert load_picture(tmp_path / "small.png", max_pixels=MAX_PIXELS, max_side=4000).shape == (32, 48, 3)


def test_a_thread_of_pixels_stays_one_pixel_wide(tmp_path):
    Image.new("RGB", (2000, 1), "red").save(tmp_path / "line.png")

    assert load_picture(tmp_path / "line.png", max_pixels=MAX_PIXELS, max_side=100).shape == (1, 100, 3)


def test_the_content_counts_not_the_suffix(tmp_path):
    corner_picture().save(tmp_path / "photo.jpg", format="PNG")

    facts = inspect_image(tmp_path / "photo.jpg", max_pixels=MAX_PIXELS)

    assert (facts.format, facts.problem) == ("PNG", "")


def test_models_get_what_inspection_passed_and_nothing_else(tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"")

    with pytest.raises(ImageError) as caught:
        load_picture(path, max_pixels=MAX_PIXELS)

    facts = inspect_image(path, max_pixels=MAX_PIXELS)
    assert facts.problem == str(caught.value)
    assert (facts.width, facts.height) == (0, 0)


def test_every_real_photo_loads(test_data):
    paths = [path for path in test_data.rglob("*") if path.suffix.lower() in {".jpg", ".png", ".jpeg"}]

    problems = {path.name: inspect_image(path, max_pixels=MAX_PIXELS).problem for path in paths}

    assert len(paths) > 150
    assert not {name: problem for name, problem in problems.items() if problem}
