"""Pictures decoded from top to bottom: the same pixels as when decoded whole, and little memory."""

from __future__ import annotations

import mmap
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from domain.errors import ImageError
from services import picture_decode
from services.picture_decode import decode_picture, open_image
from services.picture_modes import to_rgb
from services.picture_strips import decode_in_strips, fits_in_strips

MAX_PIXELS = 500_000_000


def noise(width: int = 37, height: int = 50, channels: int = 3) -> np.ndarray:
    """Noise with a black band, which looks like rows that were not decoded yet."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)
    pixels[height // 5 : height // 2] = 0
    return pixels


RGB = Image.fromarray(noise())
DEEP = Image.fromarray(np.random.default_rng(1).integers(0, 65536, (50, 37)).astype(np.uint16))
PICTURES = {
    "rgb.png": (RGB, {}),
    "rgb.jpg": (RGB, {}),
    "progressive.jpg": (RGB, {"progressive": True}),
    "grey.jpg": (RGB.convert("L"), {}),
    "cmyk.jpg": (RGB.convert("CMYK"), {}),
    "black and white.png": (RGB.convert("1"), {}),
    "palette.png": (RGB.quantize(20), {}),
    "palette with a transparent colour.png": (RGB.quantize(20), {"transparency": 0}),
    "palette with alpha.png": (RGB.quantize(20), {"transparency": bytes(range(0, 200, 10))}),
    "one transparent colour.png": (RGB, {"transparency": (0, 0, 0)}),
    "rgba.png": (Image.fromarray(noise(channels=4)), {}),
    "grey with alpha.png": (Image.fromarray(noise(channels=2)), {}),
    "16 bit.png": (DEEP, {}),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("rows", [1, 8, 50, 512])
def test_strips_are_the_picture_that_is_decoded_whole(tmp_path, name, rows):
    picture, options = PICTURES[name]
    picture.save(tmp_path / name, **options)
    strips: list[Image.Image] = []

    with open_image(tmp_path / name, max_pixels=MAX_PIXELS) as image:
        assert fits_in_strips(image)
        decode_in_strips(image, strips.append, rows=rows)

    with Image.open(tmp_path / name) as image:
        whole = np.asarray(to_rgb(image))
    assert {strip.height for strip in strips[:-1]} <= {rows}
    np.testing.assert_array_equal(np.concatenate([np.asarray(strip) for strip in strips]), whole)


@pytest.mark.parametrize(
    ("name", "picture", "options"),
    [
        ("floats.tiff", Image.fromarray(noise(channels=1)[..., 0].astype(np.float32)), {}),
        ("photo.webp", RGB, {}),
        ("moving.png", RGB, {"save_all": True, "append_images": [RGB.rotate(90)]}),
    ],
)
def test_what_does_not_come_from_top_to_bottom_is_told(tmp_path, name, picture, options):
    picture.save(tmp_path / name, **options)

    with open_image(tmp_path / name, max_pixels=MAX_PIXELS) as image:
        assert not fits_in_strips(image)


@pytest.mark.parametrize("name", ["rgb.png", "rgb.jpg"])
def test_a_file_that_is_cut_off_is_an_error_after_what_could_be_decoded(tmp_path, name):
    picture = Image.fromarray(noise(800, 600))
    picture.save(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) * 2 // 3])
    strips: list[Image.Image] = []

    with (
        pytest.raises(ImageError, match="damaged or cut off"),
        open_image(tmp_path / name, max_pixels=MAX_PIXELS) as image,
    ):
        decode_in_strips(image, strips.append, rows=32)

    assert 4 < len(strips) < 600 / 32


@pytest.mark.parametrize("name", ["rgb.png", "rgb.jpg", "palette.png", "rgba.png", "16 bit.png"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_huge_picture_is_reduced_to_what_it_looks_like(tmp_path, monkeypatch, name, orientation):
    blobs = Image.fromarray(noise(9, 6)).resize((900, 610))
    smooth = {
        "palette.png": lambda: blobs.quantize(200),
        "rgba.png": lambda: blobs.convert("RGBA"),
        "16 bit.png": lambda: Image.fromarray(np.asarray(blobs.convert("L")).astype(np.uint16) * 257),
    }.get(name, lambda: blobs)()
    exif = Image.Exif()
    exif[0x0112] = orientation
    smooth.save(tmp_path / name, exif=exif)
    ordinary = decode_picture(tmp_path / name, max_pixels=MAX_PIXELS, max_side=100)

    monkeypatch.setattr(picture_decode, "HUGE_PIXELS", 1000)
    huge = decode_picture(tmp_path / name, max_pixels=MAX_PIXELS, max_side=100)

    assert huge.facts == ordinary.facts
    assert huge.pixels.shape == ordinary.pixels.shape == (68, 100, 3)
    assert np.abs(huge.pixels.astype(float) - ordinary.pixels).mean() < 4


DECODE = """
import resource, sys
from pathlib import Path
from services.picture_decode import open_image
from services.picture_strips import decode_in_strips
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open_image(Path(sys.argv[1]), max_pixels=10**9) as image:
    decode_in_strips(image, lambda strip: None, rows=256)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="The system takes no memory back in parts.")
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_memory_holds_strips_and_not_the_picture(tmp_path, suffix):
    file = tmp_path / f"tall.{suffix}"
    Image.linear_gradient("L").convert("RGB").resize((2000, 24000)).save(file)  # 192 MB once decoded

    done = subprocess.run([sys.executable, "-c", DECODE, file], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 40_000  # KB
