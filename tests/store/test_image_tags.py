"""Tags of images: merged, counted, and gone with an empty value; in both kinds of database."""

import pytest

from domain.image import ImageRef
from domain.prediction import Task
from store.image_tags import count_tag, has_tags, list_tags, set_tag, set_tags
from store.images import ImageFile, fetch_image, save_images
from store.projects import insert_project
from store.tallies import fetch_tally

NAMES = ("Straße/a.jpg", "b.jpg", "c.jpg")


@pytest.fixture
def project_id(connection):
    number = insert_project(connection, name="Tagged", task=Task.DETECTION, image_folder="/photos")
    files = [ImageFile(ImageRef(name, f"/photos/{name}", 4, 3), at, 9, 0) for at, name in enumerate(NAMES)]
    save_images(connection, number, files)
    return number


def test_tags_are_merged_and_an_empty_value_takes_one_away(connection, project_id):
    assert not has_tags(connection, project_id)
    assert set_tags(connection, project_id, {NAMES[0]: {"camera": "Tür"}, NAMES[1]: {}}) == 1
    before = fetch_tally(connection, project_id).changes
    assert set_tag(connection, project_id, "split", {NAMES[0]: "test", NAMES[1]: "train"}) == 2
    assert fetch_tally(connection, project_id).changes > before
    assert set_tag(connection, project_id, "split", {NAMES[0]: "test", NAMES[1]: ""}) == 1

    assert has_tags(connection, project_id)
    assert list_tags(connection, project_id) == {NAMES[0]: {"camera": "Tür", "split": "test"}}
    assert fetch_image(connection, project_id, NAMES[0]).tags == {"camera": "Tür", "split": "test"}


def test_a_tag_is_counted_over_the_images_that_are_there(connection, project_id):
    set_tag(connection, project_id, "split", {NAMES[0]: "test", NAMES[1]: "test"})
    set_tag(connection, project_id, "camera", {NAMES[1]: "door"})
    gone = ImageFile(ImageRef(NAMES[2], "/photos/c.jpg", 4, 3), 2, 9, 0, is_missing=True)
    assert count_tag(connection, project_id, "split") == {"test": 2, "": 1}
    save_images(connection, project_id, [gone])  # and reading the folder again leaves tags alone
    assert count_tag(connection, project_id, "split") == {"test": 2}
