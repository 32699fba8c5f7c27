"""Decided images like the one on screen: asked for once the hand rests, opened and left without losing the place."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.components.annotator.conftest import settings
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def example(image_id, label="can", **values):
    usual = {"verdict": "accept", "likeness": 0.934, "words": "very alike", "names": [label], "label": label}
    return {**usual, "image_id": image_id, "name": image_id, "thumb": f"/images/{image_id}?thumb", **values}


@pytest.fixture
def desk(open_desk):
    """Four images of one class; to the second one two are alike, of which one was decided earlier."""
    images = [item(f"{at}.png", labels=["can"], source="label") for at in range(4)]
    images.append(item("old.png", labels=["carton"], source="correction", status="correct", decision_id="d"))
    found = [example("old.png", "carton", verdict="correct"), example("0.png", likeness=0.51, words="alike")]

    def prepare(api):
        api.nearest = {"1.png": found}
        api.hidden = {"old.png"}

    opened = open_desk(images, settings("image_classification"), prepare=prepare)
    opened.wait_painted("0.png")
    return opened


def test_examples_come_when_the_hand_rests_and_one_click_leads_there_and_back(desk):
    panel = desk.page.get_by_role("region", name="Alike and decided")
    expect(panel).to_contain_text("No person has accepted another image yet.")
    desk.press("d")
    desk.wait_painted("1.png")

    first = panel.get_by_role("button", name="old.png: carton, corrected, 93 % alike, very alike")
    expect(first).to_be_visible()
    expect(panel.get_by_role("button", name="0.png: can, accepted, 51 % alike, alike")).to_be_visible()
    expect(panel).to_contain_text("others 40 %")
    first.click()
    desk.wait_painted("old.png")
    panel.get_by_role("button", name="Back to 1.png").click()
    desk.wait_painted("1.png")
    expect(panel.get_by_role("button", name="Back to")).to_have_count(0)

    expect(first).to_be_visible()
    desk.press("Enter")
    desk.wait_saved(1)
    assert "examples" in desk.api.rows[0]["overlays"]
    desk.wait_painted("2.png")


def test_images_that_are_passed_by_are_not_asked_about(desk):
    desk.page.evaluate(
        """() => { for (let at = 0; at < 3; at += 1)
        document.querySelector("#host").shadowRoot.activeElement.dispatchEvent(
          new KeyboardEvent("keydown", { key: "d", code: "KeyD", bubbles: true, composed: true })); }"""
    )
    desk.wait_painted("3.png")
    desk.wait_until(lambda: "3.png" in desk.api.nearest_requests)
    assert set(desk.api.nearest_requests) <= {"0.png", "3.png"}


def test_what_is_folded_away_is_not_asked_for_and_stays_so(desk):
    panel = desk.page.get_by_role("region", name="Alike and decided")
    panel.get_by_role("button", name="Hide").click()
    expect(panel.get_by_role("button", name="Show")).to_have_attribute("aria-expanded", "false")
    desk.press("d")
    desk.wait_painted("1.png")
    desk.page.reload()
    desk.page.wait_for_function("window.isReady")
    desk.mount(settings("image_classification"))
    desk.wait_painted("0.png")
    expect(panel.get_by_role("button", name="Show")).to_be_visible()
    assert "1.png" not in desk.api.nearest_requests

    panel.get_by_role("button", name="Show").click()
    desk.press("d")
    desk.wait_painted("1.png")
    expect(panel.get_by_role("button", name="old.png")).to_be_visible()
