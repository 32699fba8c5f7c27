"""Finding image files by the end of their path."""

from __future__ import annotations

import pytest

from formats.base import ImageMatch
from formats.image_index import ImageIndex

LONG = "azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/"
PATHS = ["train/can/1.jpg", "train/jug/1.jpg", "val/can/1.jpg", "train/can/2.jpg", "root.jpg", "with space/é ü.jpg"]


@pytest.fixture
def index() -> ImageIndex:
    return ImageIndex(PATHS)


@pytest.mark.parametrize(
    "url",
    [
        "train/can/2.jpg",
        "./train/can/2.jpg",
        LONG + "train/can/2.jpg",
        LONG + "UI/2023-05-04/train//can/2.jpg",
        LONG + "other/2.jpg",
        "azureml://datastores/d/paths/train/can/2.jpg",
        "AmlDatastore://d/train/can/2.jpg",
        "https://account.blob.core.windows.net/c/train/can/2.jpg?sv=2022&sig=x/y",
        "/mnt/azureml/cr/j/7f/wd/train/can/2.jpg",
        "C:\\data\\train\\can\\2.jpg",
        "train%2Fcan%2F2.jpg",
        "file:///data/train/can/2.jpg",
    ],
)
def test_every_form_of_address_leads_to_the_file(index: ImageIndex, url: str) -> None:
    match = index.find(url)
    assert (match.path, match.remark) == ("train/can/2.jpg", "")


def test_the_longest_ending_decides_between_files_of_the_same_name(index: ImageIndex) -> None:
    assert index.find(LONG + "x/jug/1.jpg") == ImageMatch("train/jug/1.jpg", parts=2)
    assert index.find(LONG + "x/val/can/1.jpg") == ImageMatch("val/can/1.jpg", parts=3)


def test_between_files_that_fit_equally_well_none_is_chosen(index: ImageIndex) -> None:
    match = index.find(LONG + "can/1.jpg")
    assert (match.path, match.candidates) == (None, ("train/can/1.jpg", "val/can/1.jpg"))
    assert len(index.find("elsewhere/1.jpg").candidates) == 3


def test_the_whole_path_wins_over_a_longer_one_with_the_same_end() -> None:
    index = ImageIndex(["1.jpg", "old/1.jpg"])
    assert index.find(LONG + "1.jpg").path == "1.jpg"
    assert index.find(LONG + "new/1.jpg").path is None


@pytest.mark.parametrize("url", ["", "/", "gone.jpg", LONG, LONG + "train/can/", "1.jpg.bak", "ot.jpg", "http://[x"])
def test_what_is_not_there_is_not_found(index: ImageIndex, url: str) -> None:
    assert index.find(url) == ImageMatch(None)


def test_urls_are_decoded_and_names_with_percent_signs_are_found(index: ImageIndex) -> None:
    assert index.find(LONG + "with%20space/%C3%A9%20%C3%BC.jpg").path == "with space/é ü.jpg"
    assert ImageIndex(["50%20off.jpg", "x.jpg"]).find("a/50%20off.jpg").path == "50%20off.jpg"


def test_decoding_finds_the_longer_ending() -> None:
    index = ImageIndex(["a b/1.jpg", "c/1.jpg"])
    assert index.find("a%20b/1.jpg").path == "a b/1.jpg"


def test_letter_case_and_unicode_form_matter_only_when_nothing_else_fits(index: ImageIndex) -> None:
    match = index.find("TRAIN/Can/2.JPG")
    assert match.path == "train/can/2.jpg"
    assert "2.JPG" in match.remark
    assert index.find("e\u0301 u\u0308.jpg").path == "with space/é ü.jpg"
    both = ImageIndex(["a/X.jpg", "a/x.jpg"])
    assert both.find("a/X.jpg") == ImageMatch("a/X.jpg", parts=2)
    assert both.find("a/X.JPG").candidates == ("a/X.jpg", "a/x.jpg")


def test_an_address_cannot_leave_the_folder(index: ImageIndex) -> None:
    assert index.find("../../etc/root.jpg").path == "root.jpg"
    assert index.find("../../etc/passwd").path is None


def test_endless_addresses_cost_no_more_than_the_folder_is_deep(index: ImageIndex) -> None:
    assert index.find("a/" * 200_000 + "train/can/2.jpg").path == "train/can/2.jpg"


def test_an_empty_folder_holds_nothing() -> None:
    assert ImageIndex([]).find("a.jpg") == ImageMatch(None)


def test_many_addresses_are_found_at_once_with_the_places_of_their_files(index: ImageIndex) -> None:
    urls = [f"{LONG}{path}" for path in PATHS] + ["TRAIN/can/2.JPG", "elsewhere/1.jpg", "gone.jpg"]

    found = index.locate(urls)

    assert [match for match, _ in found] == [index.find(url) for url in urls]
    assert [row for _, row in found] == [0, 1, 2, 3, 4, 5, 3, -1, -1]
    assert index.locate([]) == []


def test_a_whole_path_is_found_after_its_name_was_ambiguous() -> None:
    index = ImageIndex(["1.jpg", "old/1.jpg"])
    assert [match.path for match, _ in index.locate(["new/1.jpg", "1.jpg", "old/1.jpg"])] == [
        None,
        "1.jpg",
        "old/1.jpg",
    ]
