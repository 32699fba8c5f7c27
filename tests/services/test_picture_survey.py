from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from services.picture_survey import read_fingerprint, survey_picture
from services.pictures import inspect_image

MAX_PIXELS = 10_000_000
FORMATS = ["photo.jpg", "photo.png", "photo.webp", "photo.gif", "photo.bmp", "photo.tif"]


def draw(path, *, orientation=6, size=(240, 160)):
    """An image of noise, larger than what a fingerprint reads where the format does not pack well."""
    options: dict[str, Any] = {}
    if orientation:
        options["exif"] = exif = Image.Exif()
        exif[0x0112] = orientation
    pixels = np.random.default_rng(3).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return path


def survey(path):
    return survey_picture(path, max_pixels=MAX_PIXELS).facts


@pytest.mark.parametrize("name", FORMATS)
def test_a_sound_file_is_what_decoding_it_says(tmp_path, name):
    path = draw(tmp_path / name)

    assert survey(path) == inspect_image(path, max_pixels=MAX_PIXELS)
    assert survey(path).problem == ""


@pytest.mark.parametrize("left", [0.001, 0.3, 0.99, 1 - 1e-5])
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_cut_off_is_told_as_by_decoding_it(tmp_path, name, left):
    path = draw(tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * left)])

    found = survey_picture(path, max_pixels=MAX_PIXELS)

    assert found.facts == inspect_image(path, max_pixels=MAX_PIXELS)
    assert left > 0.5 or found.facts.problem
    assert bool(found.facts.problem) != bool(found.fingerprint)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_camera_writes_behind_the_picture_does_not_spoil_it(tmp_path, name):
    path = draw(tmp_path / name)
    path.write_bytes(path.read_bytes() + b"maker notes" * 20)

    assert survey(path).problem == ""


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.gif"])
def test_a_sound_header_and_end_are_enough(tmp_path, name):
    path = draw(tmp_path / name, orientation=0)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = b"\xff\xd8" * 200
    path.write_bytes(content)

    assert survey(path).problem == ""


def test_an_orientation_behind_the_pixels_of_a_png_is_found(tmp_path):
    path = draw(tmp_path / "photo.png", orientation=0)
    exif = Image.Exif()
    exif[0x0112] = 8
    block = b"eXIf" + exif.tobytes()[6:]
    chunk = struct.pack(">I", len(block) - 4) + block + struct.pack(">I", zlib.crc32(block))
    content = path.read_bytes()
    path.write_bytes(content[:-12] + chunk + content[-12:])

    assert survey(path).orientation == 8


def test_a_file_too_large_or_not_there_is_told(tmp_path):
    path = draw(tmp_path / "photo.png")

    assert "too large to open" in survey_picture(path, max_pixels=100).facts.problem
    assert "no file of that name" in survey(tmp_path / "gone.png").problem
    assert read_fingerprint(tmp_path / "gone.png") == ""


@pytest.mark.parametrize("size", [1, 100, 40_000, 49_152, 49_153, 200_000])
def test_a_fingerprint_tells_files_apart_by_size_beginning_middle_and_end(tmp_path, size):
    content = np.random.default_rng(1).integers(0, 255, size, dtype=np.uint8).tobytes()
    places = {0, size // 2, size - 1}
    others = [content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :] for place in sorted(places)]
    prints = set()
    for number, each in enumerate([content, *others, content + b"x"]):
        (tmp_path / str(number)).write_bytes(each)
        prints.add(read_fingerprint(tmp_path / str(number)))
    (tmp_path / "copy").write_bytes(content)

    assert len(prints) == len(places) + 2
    assert read_fingerprint(tmp_path / "copy") == read_fingerprint(tmp_path / "0")


def test_small_files_are_told_apart_by_every_byte(tmp_path):
    (tmp_path / "a").write_bytes(bytes(48 * 1024))
    for place in (17_000, 30_000, 33_000):
        content = bytearray(48 * 1024)
        content[place] = 1
        (tmp_path / "b").write_bytes(content)
        assert read_fingerprint(tmp_path / "a") != read_fingerprint(tmp_path / "b")
