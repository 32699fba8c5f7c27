from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from domain.errors import ImageError
from services import picture_problems
from services.pictures import inspect_image, load_picture

MAX_PIXELS = 500_000_000
FORMATS = {
    ".jpg": {},
    ".png": {},
    ".webp": {},
    ".tiff": {"compression": "tiff_lzw"},
    ".bmp": {},
    ".gif": {},
    ".avif": {},
    ".jp2": {},
    ".ppm": {},
    ".tga": {},
    ".qoi": {},
}


def noise(side: int = 64) -> Image.Image:
    values = np.random.default_rng(7).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(values)


def encoded(suffix: str) -> bytes:
    buffer = BytesIO()
    noise().save(buffer, Image.registered_extensions()[suffix], **FORMATS[suffix])
    return buffer.getvalue()


def problem_of(path: Path, *, max_pixels: int = MAX_PIXELS) -> str:
    facts = inspect_image(path, max_pixels=max_pixels)
    with pytest.raises(ImageError) as caught:
        load_picture(path, max_pixels=max_pixels)
    assert str(caught.value) == facts.problem
    return facts.problem


def png_with_size(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_a_file_of_0_bytes_is_told_as_such(tmp_path):
    (tmp_path / "463730.jpg").touch()

    assert problem_of(tmp_path / "463730.jpg") == (
        "463730.jpg cannot be read. Found: 0 bytes. Expected: a JPEG image. "
        "Copy the file again from its source, or leave it out."
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html>\n<html>404</html>", 'text that begins with "<!DOCTYPE html>"'),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a Git LFS pointer"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photo"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript file"),
        (bytes(range(200, 240)), "40 bytes that begin with c8 c9"),
        (encoded(".png")[:30], "30 bytes that begin like a PNG image, with a damaged or cut off header"),
        (encoded(".jpg")[:90], "90 bytes that begin like a JPEG image, with a damaged or cut off header"),
        (b"   \n\t  ", "7 bytes that begin with 20 20"),
        ("größe".encode() * 200, 'text that begins with "größe'),
    ],
)
def test_a_file_of_something_else_is_named(tmp_path, content, words):
    (tmp_path / "photo.jpg").write_bytes(content)

    problem = problem_of(tmp_path / "photo.jpg")

    assert f"Found: {words}" in problem
    assert "Expected: a JPEG image." in problem


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_file_that_is_cut_off_is_refused(tmp_path, suffix, share):
    content = encoded(suffix)
    (tmp_path / f"photo{suffix}").write_bytes(content[: int(len(content) * share)])

    assert "cannot be read. Found: " in problem_of(tmp_path / f"photo{suffix}")


def test_a_refused_file_is_refused_again(tmp_path):
    content = encoded(".jpg")
    (tmp_path / "photo.jpg").write_bytes(content[: len(content) // 2])

    problems = {problem_of(tmp_path / "photo.jpg") for _ in range(3)}

    assert len(problems) == 1
    assert "damaged or cut off" in problems.pop()
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_broken_chunks_of_a_png_are_refused(tmp_path):
    content = bytearray(encoded(".png"))
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "photo.png").write_bytes(content)

    assert "Found: a PNG image that is damaged or cut off" in problem_of(tmp_path / "photo.png")


def test_a_decompression_bomb_is_refused_from_its_header(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png_with_size(50_000, 50_000))

    assert problem_of(tmp_path / "bomb.png") == (
        "bomb.png is too large to open. Found: 50,000 × 50,000 px, 2,500,000,000 pixels by its header. "
        "Expected: at most 500,000,000 pixels. Make the image smaller, or raise RELOOK_MAX_PIXELS."
    )


def test_the_limit_on_pixels_is_the_one_given(tmp_path):
    noise(64).save(tmp_path / "photo.png")

    assert inspect_image(tmp_path / "photo.png", max_pixels=64 * 64).problem == ""
    assert "too large" in problem_of(tmp_path / "photo.png", max_pixels=64 * 64 - 1)


def test_a_large_image_within_the_limit_opens_without_a_warning(tmp_path):
    Image.new("1", (20_000, 10_000)).save(tmp_path / "plan.png")

    facts = inspect_image(tmp_path / "plan.png", max_pixels=MAX_PIXELS)

    assert (facts.width, facts.height, facts.problem) == (20_000, 10_000, "")


def test_a_folder_a_pipe_and_a_missing_file_are_named(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")

    assert "Found: a folder." in problem_of(tmp_path / "folder.jpg")
    assert "Found: a pipe or device." in problem_of(tmp_path / "pipe.jpg")
    assert "Found: no file of that name." in problem_of(tmp_path / "gone.jpg")


def test_a_link_in_a_circle_is_named(tmp_path):
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")

    assert "a.jpg cannot be read. Found: Too many levels of symbolic links." in problem_of(tmp_path / "a.jpg")


def test_a_missing_permission_is_worded_with_its_remedy():
    error = picture_problems.unreadable(Path("photo.jpg"), PermissionError(13, "Permission denied"))

    assert "a file this user may not open" in str(error)
    assert "chmod" in error.remedy


def test_a_name_that_is_no_text_can_still_be_shown(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg"))
    path.touch()

    assert problem_of(path).encode().startswith(rb"caf\xe9.jpg cannot be read")


def test_postscript_is_never_handed_to_another_program(tmp_path):
    buffer = BytesIO()
    noise(8).save(buffer, "EPS")
    (tmp_path / "photo.png").write_bytes(buffer.getvalue())

    assert "Found: a PostScript file. Expected: a PNG image." in problem_of(tmp_path / "photo.png")


def test_transparency_out_of_range_is_not_fatal(tmp_path):
    """A 16-bit PNG names its transparent colour in 16 bits, Pillow holds 8."""
    content = encoded(".png")
    body = b"tRNS" + b"\xff\xff\x10\x00\x00\x00"
    transparency = struct.pack(">I", 6) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "photo.png").write_bytes(content[:33] + transparency + content[33:])

    pixels = load_picture(tmp_path / "photo.png", max_pixels=MAX_PIXELS)

    np.testing.assert_array_equal(pixels, np.asarray(noise()))


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_damaged_bytes_give_a_picture_or_a_sentence(tmp_path_factory, suffix, data):
    content = bytearray(encoded(suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content) - 1, 200)))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / f"photo{suffix}"
    path.write_bytes(content)

    facts = inspect_image(path, max_pixels=10_000_000)

    if not facts.problem:
        assert load_picture(path, max_pixels=10_000_000).shape == (facts.height, facts.width, 3)
