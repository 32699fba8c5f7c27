"""Large pictures: one view that is kept, tiles that are cut once, and room for new ones."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image

from domain.errors import ImageError, NotFoundError
from domain.image import ImageRef
from services import thumbnails, tiles
from services.tiles import fetch_tile, fetch_view, prepare_tiles


def large_image(folder, name="large.jpg", size=(3000, 700), orientation=1) -> ImageRef:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.linear_gradient("L").rotate(-90).resize(size).convert("RGB")  # light on the left
    folder.mkdir(exist_ok=True)
    picture.save(folder / name, exif=exif)
    return ImageRef(name, str(folder / name), *size, orientation=orientation)


def wait_ready(workspace, image, project_id=1):
    path = tiles.Path(image.uri)
    for job in workspace.tiling._jobs.values():
        assert job.ended.wait(20)
    return prepare_tiles(workspace, project_id, image, path)


@pytest.fixture
def image(tmp_path):
    return large_image(tmp_path / "photos")


def test_tiles_are_cut_when_somebody_asks_and_can_be_had_then(workspace, image):
    asked = prepare_tiles(workspace, 1, image, tiles.Path(image.uri))
    assert not asked.is_ready

    ready = wait_ready(workspace, image)

    assert (ready.is_ready, ready.done, ready.stamp) == (True, 1.0, asked.stamp)
    tile = fetch_tile(workspace, 1, image, ready.stamp, number=0, column=5, row=1)
    with Image.open(io.BytesIO(tile)) as picture:
        assert picture.size == (3000 - 5 * 512, 700 - 512)
        assert np.asarray(picture).mean() < 40  # the dark end


def test_a_file_that_changed_has_other_tiles(workspace, image):
    prepare_tiles(workspace, 1, image, tiles.Path(image.uri))
    before = wait_ready(workspace, image)
    Image.new("RGB", (3000, 700), "white").save(image.uri)
    os.utime(image.uri, ns=(1, 1))

    after = prepare_tiles(workspace, 1, image, tiles.Path(image.uri))
    assert (after.is_ready, after.stamp == before.stamp) == (False, False)
    after = wait_ready(workspace, image)

    [old, new] = [fetch_tile(workspace, 1, image, each.stamp, number=0, column=5, row=0) for each in (before, after)]
    assert Image.open(io.BytesIO(old)).getpixel((9, 9))[0] < 40
    assert Image.open(io.BytesIO(new)).getpixel((9, 9)) == (255, 255, 255)


def test_tiles_that_were_not_cut_are_told(workspace, image):
    with pytest.raises(NotFoundError):
        fetch_tile(workspace, 1, image, "0000", number=0, column=0, row=0)


def test_why_tiles_cannot_be_cut_is_told_once_and_tried_again(workspace, image):
    content = tiles.Path(image.uri).read_bytes()
    state = tiles.Path(image.uri).stat()
    tiles.Path(image.uri).write_bytes(content[:2000].ljust(len(content), b"\0"))
    os.utime(image.uri, ns=(state.st_atime_ns, state.st_mtime_ns))
    prepare_tiles(workspace, 1, image, tiles.Path(image.uri))

    with pytest.raises(ImageError, match="cannot be read"):
        wait_ready(workspace, image)

    tiles.Path(image.uri).write_bytes(content)
    os.utime(image.uri, ns=(state.st_atime_ns, state.st_mtime_ns))
    prepare_tiles(workspace, 1, image, tiles.Path(image.uri))
    assert wait_ready(workspace, image).is_ready


def test_an_image_that_is_gone_is_a_sentence(workspace, image):
    tiles.Path(image.uri).unlink()

    for ask in (prepare_tiles, fetch_view):
        with pytest.raises(ImageError, match="no file of that name"):
            ask(workspace, 1, image, tiles.Path(image.uri))


@pytest.fixture
def _twenty_are_many(monkeypatch):
    monkeypatch.setattr(thumbnails, "MOST_PIXELS_AS_THEY_ARE", 20)


@pytest.mark.usefixtures("_twenty_are_many")
def test_the_view_is_made_once_upright_and_kept(workspace, tmp_path, monkeypatch):
    image = large_image(tmp_path / "photos", orientation=6)
    made: list[object] = []
    render = tiles.render_view
    monkeypatch.setattr(tiles, "render_view", lambda path, **options: made.append(path) or render(path, **options))

    first, again = (fetch_view(workspace, 1, image, tiles.Path(image.uri)) for _ in range(2))

    assert first == again
    assert len(made) == 1
    with Image.open(io.BytesIO(first.content)) as view:
        assert view.size == (597, 2560)
        top, bottom = view.getpixel((300, 9)), view.getpixel((300, 2550))
    assert (top > (200, 200, 200), bottom < (60, 60, 60)) == (True, True)


@pytest.mark.usefixtures("_twenty_are_many")
def test_a_view_that_cannot_be_kept_is_shown_all_the_same(workspace, image):
    (workspace.folder("thumbnails") / "1").write_text("in the way")

    view = fetch_view(workspace, 1, image, tiles.Path(image.uri))

    with Image.open(io.BytesIO(view.content)) as picture:
        assert picture.size == (2560, 597)


def test_tiles_seen_longest_ago_make_room(workspace, tmp_path, monkeypatch):
    images = [large_image(tmp_path / "photos", f"{name}.jpg") for name in "abc"]
    for at, image in enumerate(images[:2]):
        prepare_tiles(workspace, 1, image, tiles.Path(image.uri))
        wait_ready(workspace, image)
        [file] = set((workspace.folder("thumbnails")).rglob("*.tiles")) - {path for path, _ in _aged(workspace)}
        os.utime(file, ns=(at + 1, at + 1))
    size = file.stat().st_size
    monkeypatch.setattr(tiles, "MOST_BYTES", 2 * size + 100)
    assert prepare_tiles(workspace, 1, images[0], tiles.Path(images[0].uri)).is_ready  # looked at: b is the oldest now

    prepare_tiles(workspace, 1, images[2], tiles.Path(images[2].uri))
    wait_ready(workspace, images[2])

    states = [prepare_tiles(workspace, 1, image, tiles.Path(image.uri)).is_ready for image in images]
    assert states == [True, False, True]
    wait_ready(workspace, images[1])


def _aged(workspace):
    files = workspace.folder("thumbnails").rglob("*.tiles")
    return [(path, path.stat()) for path in files if path.stat().st_mtime_ns < 1000]
