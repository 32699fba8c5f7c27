"""Deciding with the keyboard: what each key books, on which image, and in which order it arrives."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_one_key_accepts_the_image_as_shown_and_goes_on(desk, key):
    desk.press(key)
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["image_id"], row["verdict"], row["undoes"]) == ("shelf/0.png", "accept", None)
    assert row["objects"] == desk.api.items["shelf/0.png"]["objects"]
