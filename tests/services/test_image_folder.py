from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from domain.errors import ImageError, InputError
from services.image_folder import find_images, locate_image, natural_key, scan_folder


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (2, 2)).save(path, format="PNG")
    return path


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_images(folder)]


def reasons(folder: Path) -> dict[str, str]:
    return {finding.file: finding.message for finding in scan_folder(folder).refused}


def test_images_come_in_natural_order_from_all_subfolders(tmp_path):
    for name in ("img10.png", "img2.png", "IMG3.JPG", "b/1.png", "a/2.jfif", "a/b/c/9.WebP", "x.jpe"):
        put(tmp_path / name)

    assert names(tmp_path) == ["a/2.jfif", "a/b/c/9.WebP", "b/1.png", "img2.png", "IMG3.JPG", "img10.png", "x.jpe"]


def test_natural_order_is_total_for_odd_names():
    odd = [Path(name) for name in ("7", "", "a", "7a", "a7", "\u0663.png", "\u00b2.png", "A")]

    assert len(sorted(odd, key=natural_key)) == len(odd)


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    put(tmp_path / "seen.png")
    put(tmp_path / "._seen.png")
    put(tmp_path / ".cache" / "hidden.png")

    assert names(tmp_path) == ["seen.png"]
    assert reasons(tmp_path) == {}


def test_other_files_are_counted_and_unread_pictures_are_named(tmp_path):
    put(tmp_path / "seen.png")
    (tmp_path / "labels.jsonl").touch()
    (tmp_path / "photo.HEIC").touch()
    (tmp_path / "drawing.eps").touch()

    scan = scan_folder(tmp_path)

    assert scan.other_files == 1
    assert reasons(tmp_path) == {
        "photo.HEIC": "photo.HEIC is left out: HEIC is not among the formats read here; convert it to JPEG or PNG.",
        "drawing.eps": "drawing.eps is left out: EPS is not among the formats read here; convert it to JPEG or PNG.",
    }


def test_links_that_leave_the_folder_are_refused(tmp_path):
    outside = put(tmp_path / "outside" / "secret.png")
    folder = tmp_path / "photos"
    inside = put(folder / "seen.png")
    (folder / "same.png").symlink_to(inside)
    (folder / "out.png").symlink_to(outside)
    (folder / "out").symlink_to(outside.parent)

    assert names(folder) == ["same.png", "seen.png"]
    assert reasons(folder) == {
        "out": "out is left out: it is a link to a folder outside the image folder; put the folder itself here.",
        "out.png": "out.png is left out: it is a link that leads out of the image folder; put the file itself here.",
    }


def test_links_in_a_circle_end(tmp_path):
    put(tmp_path / "a" / "seen.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "round.png").symlink_to(tmp_path / "trip.png")
    (tmp_path / "trip.png").symlink_to(tmp_path / "round.png")

    assert names(tmp_path) == ["a/seen.png"]
    assert set(reasons(tmp_path)) == {"round.png", "trip.png"}


def test_a_link_to_a_hidden_folder_is_told(tmp_path):
    put(tmp_path / "seen.png")
    put(tmp_path / ".store" / "kept.png")
    (tmp_path / "kept").symlink_to(tmp_path / ".store")

    assert reasons(tmp_path) == {
        "kept": "kept is left out: it is a link to a hidden folder; put the folder itself here."
    }


def test_pipes_and_broken_links_are_refused(tmp_path):
    put(tmp_path / "seen.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")

    assert set(reasons(tmp_path)) == {"pipe.png", "gone.png"}


def test_a_name_that_is_no_text_is_refused(tmp_path):
    put(tmp_path / "seen.png")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")).touch()

    assert reasons(tmp_path) == {"caf\\xe9.png": "caf\\xe9.png is left out: its path is not valid UTF-8; rename it."}


def test_the_folder_itself_may_be_a_link(tmp_path):
    put(tmp_path / "real" / "seen.png")
    (tmp_path / "linked").symlink_to(tmp_path / "real")

    assert find_images(tmp_path / "linked") == [tmp_path / "linked" / "seen.png"]


def test_a_relative_folder_gives_absolute_paths(tmp_path, monkeypatch):
    put(tmp_path / "photos" / "seen.png")
    monkeypatch.chdir(tmp_path)

    assert find_images(Path("photos")) == [tmp_path / "photos" / "seen.png"]


def test_a_missing_an_empty_and_a_false_folder_are_named(tmp_path):
    (tmp_path / "empty").mkdir()
    put(tmp_path / "file.png")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.txt").touch()

    with pytest.raises(InputError, match=r"gone cannot be opened\. Found: nothing of that name. Expected: a folder."):
        find_images(tmp_path / "gone")
    with pytest.raises(InputError, match=r"Found: a file. Expected: a folder."):
        find_images(tmp_path / "file.png")
    with pytest.raises(InputError, match=r"There is no image in .*empty. Found: no other files."):
        find_images(tmp_path / "empty")
    with pytest.raises(InputError, match=r"There is no image in .*texts. Found: 1 other file. Choose a folder"):
        find_images(tmp_path / "texts")


@pytest.mark.parametrize("image_id", ["../secret.png", "/etc/passwd", "", "a/../../secret.png", "out.png", "a\0.png"])
def test_no_image_is_served_from_outside_the_folder(tmp_path, image_id):
    put(tmp_path / "secret.png")
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "out.png").symlink_to(tmp_path / "secret.png")

    with pytest.raises(ImageError, match="does not lie inside the image folder"):
        locate_image(folder, image_id)


def test_an_image_is_located_by_its_relative_path(tmp_path):
    path = put(tmp_path / "a b" / "größe #1.png")

    assert locate_image(tmp_path, "a b/größe #1.png") == path
