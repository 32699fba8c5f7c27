"""Tiles put side by side are the picture, upright, at every scale."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from domain.errors import Cancelled, ImageError, NotFoundError, StoreError
from domain.orientation import upright_size
from services.picture_pyramid import TILE, Level, list_levels, read_tile, write_pyramid

MAX_PIXELS = 500_000_000
SIZE = (1400, 1100)


def photo(size: tuple[int, int] = SIZE) -> Image.Image:
    """Soft blobs, so that JPEG keeps every tile close to what it was."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 11, 3), dtype=np.uint8)).resize(size)


def save(path, picture, orientation: int = 1, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(path, exif=exif, **options)
    return path


def cut(path, target, *, orientation: int = 1, base: int = 400, size: tuple[int, int] = SIZE, **options):
    levels = list_levels(*size, orientation, base=base)
    write_pyramid(path, target, levels, size=size, orientation=orientation, max_pixels=MAX_PIXELS, **options)
    return levels


def put_together(file, levels, number: int) -> np.ndarray:
    """All tiles of a level, each enlarged to the part of the picture that it shows."""
    level: Level = levels[number]
    whole = Image.new("RGB", (level.columns[-1], level.rows[-1]))
    for row, (top, bottom) in enumerate(zip(level.rows, level.rows[1:], strict=False)):
        for column, (left, right) in enumerate(zip(level.columns, level.columns[1:], strict=False)):
            with Image.open(io.BytesIO(read_tile(file, levels, number, column, row))) as tile:
                assert max(tile.size) <= TILE
                whole.paste(tile.resize((right - left, bottom - top)), (left, top))
    return np.asarray(whole).astype(float)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiles_side_by_side_are_the_upright_picture(tmp_path, orientation):
    file = save(tmp_path / "photo.jpg", photo(), orientation, quality=95)

    levels = cut(file, tmp_path / "photo.tiles", orientation=orientation)

    with Image.open(file) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    assert [level.scale for level in levels] == [1, 2]
    for number in range(len(levels)):
        whole = put_together(tmp_path / "photo.tiles", levels, number)
        assert whole.shape[1::-1] == upright.size == upright_size(*SIZE, orientation)
        assert np.abs(whole - np.asarray(upright)).mean() < 2.5


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("palette.png", photo().quantize(200)),
        ("alpha.png", photo().convert("RGBA")),
        ("16 bit.png", Image.fromarray(np.asarray(photo().convert("L")).astype(np.uint16) * 257)),
        ("cmyk.jpg", photo().convert("CMYK")),
        ("floats.tiff", Image.fromarray(np.asarray(photo().convert("L")).astype(np.float32))),
        ("photo.webp", photo()),
    ],
)
def test_every_kind_of_picture_is_cut(tmp_path, name, picture):
    file = save(tmp_path / name, picture)

    levels = cut(file, tmp_path / "photo.tiles")

    shown = picture.convert("RGB") if "16" not in name and "floats" not in name else photo().convert("L").convert("RGB")
    assert np.abs(put_together(tmp_path / "photo.tiles", levels, 0) - np.asarray(shown)).mean() < 4


@pytest.mark.parametrize(
    ("size", "scales"), [((20000, 20000), [1, 2, 4]), ((6000, 5000), [1, 2]), ((2600, 10), [1]), ((10, 10), [1])]
)
def test_there_are_levels_down_to_the_view_and_no_further(size, scales):
    levels = list_levels(*size, 1, base=2560)

    assert [level.scale for level in levels] == scales
    assert all((level.columns[-1], level.rows[-1]) == size for level in levels)


@pytest.mark.parametrize("place", [(0, 3, 0), (0, 0, 3), (0, -1, 0), (2, 0, 0), (-1, 0, 0)])
def test_a_tile_that_does_not_exist_is_told(tmp_path, place):
    levels = cut(save(tmp_path / "photo.png", photo()), tmp_path / "photo.tiles")

    with pytest.raises(NotFoundError):
        read_tile(tmp_path / "photo.tiles", levels, *place)


def test_the_colour_profile_goes_with_every_tile(tmp_path):
    profile = b"\0" * 16 + b"RGB " + b"\0" * 200
    levels = cut(save(tmp_path / "photo.jpg", photo(), icc_profile=profile), tmp_path / "photo.tiles")

    with Image.open(io.BytesIO(read_tile(tmp_path / "photo.tiles", levels, 0, 1, 1))) as tile:
        assert tile.info["icc_profile"] == profile


def test_a_picture_that_changed_its_size_since_it_was_read_is_told(tmp_path):
    file = save(tmp_path / "photo.png", photo((1400, 1101)))

    with pytest.raises(ImageError, match=r"Found: 1,400 × 1,101 px\. Expected: 1,400 × 1,100 px"):
        cut(file, tmp_path / "photo.tiles")

    assert not (tmp_path / "photo.tiles").exists()


@pytest.mark.parametrize("end", [0.3, 0.9])
def test_a_cut_off_file_leaves_no_tiles(tmp_path, end):
    file = save(tmp_path / "photo.jpg", photo())
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * end)])

    with pytest.raises(ImageError, match="damaged or cut off"):
        cut(file, tmp_path / "photo.tiles")

    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_whoever_waits_can_cancel_and_is_told_how_far_it_is(tmp_path):
    told: list[tuple[int, int]] = []

    def report(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        cut(save(tmp_path / "photo.png", photo()), tmp_path / "photo.tiles", report=report)

    assert told == [(1, 3), (2, 3)]
    assert not (tmp_path / "photo.tiles").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match="cannot be shown in full resolution") as told:
        cut(save(tmp_path / "photo.png", photo()), tmp_path / "file" / "photo.tiles")

    assert told.value.remedy == "Free some space, or make the folder writable."
