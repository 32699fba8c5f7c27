from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from domain.errors import ImageError, StoreError
from services.thumbnails import View, render_thumbnail, render_view, thumbnail_path

MAX_PIXELS = 500_000_000
RED, BLUE, WHITE = (220, 20, 20), (20, 20, 220), (255, 255, 255)
PIXELS_IN_BROWSER = """async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const at = (x, y) => Array.from(context.getImageData(x, y, 1, 1).data.slice(0, 3));
  const [right, bottom] = [canvas.width - 3, canvas.height - 3];
  return [canvas.width, canvas.height, at(2, 2), at(right, 2), at(2, bottom), at(right, bottom)];
}"""


def save_turned(path: Path, orientation: int) -> Path:
    """48 x 32 stored, red in the stored top left corner and blue in the stored bottom right one."""
    image = Image.new("RGB", (48, 32), WHITE)
    image.paste(RED, (0, 0, 16, 16))
    image.paste(BLUE, (32, 16, 48, 32))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif)
    return path


def corners_upright(orientation: int) -> list[tuple[int, int, int]]:
    """Top left, top right, bottom left, bottom right of the upright picture, by the definition of the tag."""
    stored_rows = {1: "RWWB", 2: "WRBW", 3: "BWWR", 4: "WBRW", 5: "RWWB", 6: "WRBW", 7: "BWWR", 8: "WBRW"}
    return [{"R": RED, "B": BLUE, "W": WHITE}[letter] for letter in stored_rows[orientation]]


def decoded(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def view_of(path: Path, **options: int) -> View:
    return render_view(path, max_pixels=MAX_PIXELS, **options)


def is_as_it_is(path: Path) -> bool:
    return view_of(path).content == path.read_bytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_thumbnail_stands_upright(tmp_path, orientation):
    path = save_turned(tmp_path / "photo.png", orientation)

    render_thumbnail(path, tmp_path / "thumb.jpg", max_pixels=MAX_PIXELS)

    with Image.open(tmp_path / "thumb.jpg") as thumb:
        width, height = thumb.size
        found = [thumb.getpixel(xy) for xy in ((2, 2), (width - 3, 2), (2, height - 3), (width - 3, height - 3))]
        assert thumb.size == ((32, 48) if orientation >= 5 else (48, 32))
        assert thumb.getexif().get(0x0112) is None
    assert np.abs(np.array(found) - np.array(corners_upright(orientation))).max() < 12


def test_a_thumbnail_fits_its_side_and_lies_alone(tmp_path):
    Image.new("RGB", (1200, 300), RED).save(tmp_path / "wide.jpg")
    target = thumbnail_path(tmp_path / "thumbnails", "wide.jpg")

    render_thumbnail(tmp_path / "wide.jpg", target, max_pixels=MAX_PIXELS)

    with Image.open(target) as thumb:
        assert (thumb.size, thumb.format) == ((360, 90), "JPEG")
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_bad_file_is_told_and_gets_no_thumbnail(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"")
    target = tmp_path / "thumb.jpg"

    with pytest.raises(ImageError, match="Found: 0 bytes"):
        render_thumbnail(tmp_path / "bad.jpg", target, max_pixels=MAX_PIXELS)
    assert not target.exists()


def test_a_thumbnail_that_cannot_be_written_is_told(tmp_path):
    path = save_turned(tmp_path / "photo.png", 1)
    (tmp_path / "taken").touch()

    with pytest.raises(StoreError, match="cannot be written"):
        render_thumbnail(path, tmp_path / "taken" / "thumb.jpg", max_pixels=MAX_PIXELS)


def test_thumbnails_of_different_images_lie_apart(tmp_path):
    paths = {thumbnail_path(tmp_path, name) for name in ("a.jpg", "b/a.jpg", "../a.jpg", "/a.jpg", "a.jpg\0")}

    assert len(paths) == 5
    assert all(path.is_relative_to(tmp_path) and ".." not in path.parts for path in paths)


@pytest.mark.browser
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff", ".avif"])
def test_the_view_stands_upright_in_a_real_browser(page, tmp_path, orientation, suffix):
    view = view_of(save_turned(tmp_path / f"photo{suffix}", orientation))
    address = f"data:{view.media_type};base64,{base64.b64encode(view.content).decode()}"

    width, height, *corners = page.evaluate(PIXELS_IN_BROWSER, address)

    assert (width, height) == ((32, 48) if orientation >= 5 else (48, 32))
    assert np.abs(np.array(corners) - np.array(corners_upright(orientation))).max() < 30


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif"])
def test_a_plain_picture_is_sent_as_it_is(tmp_path, suffix):
    assert is_as_it_is(save_turned(tmp_path / f"photo{suffix}", 1))


def test_a_turned_jpeg_is_sent_as_it_is_and_a_turned_png_is_not(tmp_path):
    assert is_as_it_is(save_turned(tmp_path / "photo.jpg", 6))
    assert not is_as_it_is(save_turned(tmp_path / "photo.png", 6))


@pytest.mark.parametrize("mode", ["I;16", "RGBA", "LA"])
def test_deep_and_transparent_pictures_are_sent_as_the_model_sees_them(tmp_path, mode):
    Image.new(mode, (8, 8)).save(tmp_path / "photo.png")

    view = view_of(tmp_path / "photo.png")

    assert view.media_type == "image/jpeg"
    assert decoded(view.content).getpixel((4, 4)) == ((0, 0, 0) if mode == "I;16" else WHITE)


def test_cmyk_and_moving_pictures_become_one_rgb_frame(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])

    for name in ("print.jpg", "moving.gif"):
        image = decoded(view_of(tmp_path / name).content)
        assert (image.format, image.mode, image.getpixel((4, 4))) == ("JPEG", "RGB", (254, 0, 0))


def test_a_huge_picture_is_reduced(tmp_path):
    Image.new("L", (6000, 4200), 90).save(tmp_path / "huge.jpg")

    assert decoded(view_of(tmp_path / "huge.jpg").content).size == (2560, 1792)


def test_the_colour_profile_goes_along(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGBA", (8, 8)).save(tmp_path / "photo.png", icc_profile=profile)

    assert decoded(view_of(tmp_path / "photo.png").content).info["icc_profile"] == profile


def test_a_profile_for_other_colours_stays_behind(tmp_path):
    grey = b"\0" * 16 + b"GRAY" + b"\0" * 200
    Image.new("LA", (8, 8)).save(tmp_path / "photo.png", icc_profile=grey)

    assert "icc_profile" not in decoded(view_of(tmp_path / "photo.png").content).info


def test_a_bad_file_has_no_view(tmp_path):
    (tmp_path / "bad.jpg").write_text("hello")

    with pytest.raises(ImageError, match='text that begins with "hello"'):
        view_of(tmp_path / "bad.jpg")
