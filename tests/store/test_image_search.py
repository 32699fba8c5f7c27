"""Images found by a part of their path: in order, page by page, without a sign that means something else."""

import pytest

from domain.image import ImageRef
from domain.prediction import Task
from store.image_search import Hit, search_images
from store.images import ImageFile, save_images
from store.projects import insert_project

NAMES = [
    "Can/IMG_1.jpg",
    "Can/IMG_2.jpg",
    "Can/IMG_10.jpg",
    "milk/50%.jpg",
    "milk/50x.jpg",
    "milk/a_img.jpg",
    "Straße/ÄÖ.jpg",
]


@pytest.fixture
def shelf(connection):
    """Images in natural order, one of them missing."""
    project_id = insert_project(connection, name="Shelf", task=Task.DETECTION, image_folder="/photos")
    files = [ImageFile(ImageRef(name, f"/photos/{name}", 40, 30), at, 100, 0) for at, name in enumerate(NAMES)]
    gone = ImageFile(ImageRef("Can/IMG_3.jpg", "/photos/3", 40, 30), len(NAMES), 100, 0, is_missing=True)
    save_images(connection, project_id, [*files, gone])
    return project_id


@pytest.fixture
def find(connection, shelf):
    return lambda text, **more: [
        hit.image_id for hit in search_images(connection, shelf, text, **{"count": 50, **more})
    ]


def test_names_that_begin_with_the_text_come_first_and_then_the_natural_order_counts(find):
    assert find("img") == ["Can/IMG_1.jpg", "Can/IMG_2.jpg", "Can/IMG_10.jpg", "milk/a_img.jpg"]
    assert find("can/img_1") == ["Can/IMG_1.jpg", "Can/IMG_10.jpg"]
    assert find("CAN") == NAMES[:3]
    assert find("") == NAMES
    assert find("nothing") == []


def test_case_counts_in_no_alphabet(find):
    assert find("STRAß") == find("straße/ä") == ["Straße/ÄÖ.jpg"]
    assert find("äö") == ["Straße/ÄÖ.jpg"]
    assert find("stra") == ["Straße/ÄÖ.jpg"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("50%", ["milk/50%.jpg"]), ("a_i", ["milk/a_img.jpg"]), ("_", [*NAMES[:3], NAMES[5]]), ("\\", [])],
)
def test_no_sign_stands_for_others(find, text, found):
    assert find(text) == found


@pytest.mark.parametrize("text", ["", "i", "jpg", "img", "milk"])
def test_pages_join_without_a_gap_or_a_double(connection, shelf, find, text):
    whole, joined, after = find(text), [], None
    for _ in range(len(NAMES) + 1):
        page = search_images(connection, shelf, text, after=after, count=2)
        joined += [hit.image_id for hit in page]
        if len(page) < 2:
            break
        after = page[-1]
    assert joined == whole


def test_other_projects_are_left_out(connection, shelf, find):
    other = insert_project(connection, name="Other", task=Task.DETECTION, image_folder="/other")
    save_images(connection, other, [ImageFile(ImageRef("Can/IMG_7.jpg", "/other/7", 40, 30), 0, 100, 0)])
    assert "Can/IMG_7.jpg" not in find("img")
    assert search_images(connection, other, "img", count=5) == [Hit(0, 0, "Can/IMG_7.jpg")]
