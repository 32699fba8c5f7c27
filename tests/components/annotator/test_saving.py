"""Nothing is lost: the outbox, its words, drafts, and what survives a reload."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def saved_text(desk):
    return desk.text(".saved").replace("\n", "")


def test_offline_decisions_are_kept_counted_and_sent_when_the_server_answers(desk):
    desk.api.outage = 0
    for name in ("shelf/1.png", "shelf/2.png", "shelf/3.png"):
        desk.press("Enter")
        desk.wait_painted(name)
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    words = "Offline. 3 decisions kept in this browser, retrying in "
    desk.wait_until(lambda: saved_text(desk).startswith(words))
    assert desk.page.locator(".thumb.past .badge.waiting").count() == 3
    assert desk.api.rows == []
    desk.api.outage = None
    desk.wait_saved(3)
    assert [row["seq"] for row in desk.api.rows] == [1, 2, 3]
    assert desk.page.locator(".badge.waiting").count() == 0


def test_the_network_coming_back_sends_at_once(desk):
    desk.api.outage = 0
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    desk.wait_until(lambda: "in 4 s" in saved_text(desk) or "in 3 s" in saved_text(desk))
    desk.api.outage = None
    desk.page.evaluate("window.dispatchEvent(new Event('online'))")
    desk.wait_saved(1)


def test_a_failing_server_is_quoted_and_tried_again(desk):
    desk.api.outage = 503
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="failing"]').wait_for()
    assert saved_text(desk).startswith(
        "Not saved. The database is locked. 1 decision kept in this browser, retrying in "
    )
    desk.api.outage = None
    desk.page.locator(".saved").click()
    desk.wait_saved(1)


def test_an_expired_sign_in_is_said_and_a_new_token_sends(desk):
    desk.api.tokens = {"fresh"}
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="signed-out"]').wait_for()
    assert saved_text(desk) == "Not saved. Sign in again, 1 decision kept"
    assert desk.page.evaluate("window.calls") == [["renew", True]]
    desk.mount(settings(token="fresh"))
    desk.wait_saved(1)


WATCH_KINDS = """(saved) => {
  window.kinds = [];
  new MutationObserver(() => window.kinds.push(saved.dataset.kind)).observe(saved, { attributeFilter: ["data-kind"] });
}"""


def test_a_decision_that_is_saved_within_a_moment_is_never_called_saved_before(desk):
    desk.page.locator(".saved").evaluate(WATCH_KINDS)
    desk.press("Enter")
    desk.wait_saved(1)
    desk.page.locator('.saved[data-kind="saved"]').wait_for()
    assert desk.page.evaluate("window.kinds") == ["saving", "saved"]


def test_no_decision_counts_as_saved_before_the_answer(desk):
    desk.api.lock.acquire()
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="saving"]').wait_for()
    assert saved_text(desk) == "Saving 1"
    assert desk.events("saved") == []
    desk.api.lock.release()
    desk.wait_saved(1)
    assert desk.events("saved") == [{"acknowledged": 1, "waiting": 0}]


def test_a_reload_keeps_what_was_not_sent_and_sends_it_under_its_own_number(desk):
    desk.api.outage = 0
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("s")
    desk.wait_painted("shelf/2.png")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    desk.api.outage = None
    desk.page.on("dialog", lambda dialog: dialog.accept())
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/2.png")
    desk.wait_saved(2)
    assert [(row["image_id"], row["verdict"], row["seq"]) for row in desk.api.rows] == [
        ("shelf/0.png", "accept", 1),
        ("shelf/1.png", "skip", 2),
    ]
    desk.press("Enter")
    desk.wait_saved(3)
    assert desk.api.rows[2]["seq"] == 3
    assert len({row["client_id"] for row in desk.api.rows}) == 1


def test_a_refused_decision_is_shown_with_the_servers_words_and_its_edit_kept(desk):
    desk.api.refusals["shelf/0.png"] = ("The class milk_bottle was removed.", "Choose another class.")
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    notice = desk.page.get_by_role("alert")
    notice.wait_for()
    assert "0.png is not corrected. The class milk_bottle was removed. Choose another class." in notice.inner_text()
    desk.page.get_by_role("button", name="Show the image").click()
    desk.wait_painted("shelf/0.png")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 1
    desk.api.refusals = {}
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "correct"


def test_one_bad_entry_does_not_hold_up_the_others(desk):
    def refuse_one(route):
        images = [entry["image_id"] for entry in route.request.post_data_json["entries"]]
        if "shelf/1.png" in images:
            route.fulfill(status=422, json={"error": "Box outside of the image.", "remedy": "Draw it again."})
        else:
            route.continue_()

    desk.api.outage = 0
    for name in ("shelf/1.png", "shelf/2.png", "shelf/3.png"):
        desk.press("Enter")
        desk.wait_painted(name)
    desk.page.route("**/decisions", refuse_one)
    desk.api.outage = None
    desk.page.get_by_role("alert").wait_for()
    desk.wait_until(lambda: len(desk.api.rows) == 2)
    desk.page.locator('.saved[data-kind="refused"]').wait_for()
    assert [row["image_id"] for row in desk.api.rows] == ["shelf/0.png", "shelf/2.png"]


def test_half_done_edits_survive_a_reload_and_can_be_undone(desk):
    desk.press("Tab", "3", "ArrowRight")
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    assert desk.text(".hud.note") == "Draft restored. Ctrl Z takes it back."
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 1
    desk.press("Control+z")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 0
    desk.press("Control+y", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["objects"][0] == desk.api.items["shelf/0.png"]["objects"][0]
    assert desk.page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('relook:draft'))") == []


def test_leaving_with_unsent_decisions_asks_first(desk):
    desk.api.outage = 0
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    desk.click(0.9, 0.9)
    asked = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    visit(desk, desk.page.url, settings())
    assert asked == ["beforeunload"]


def test_a_full_browser_storage_is_said(desk):
    desk.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    desk.api.outage = 0
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    assert saved_text(desk).startswith("Offline. 1 decision kept while this page is open, retrying")
    desk.api.outage = None
    desk.wait_saved(1)


def test_the_queue_is_looked_through_again_only_once_everything_is_saved(open_desk):
    desk = open_desk([item("a.png"), item("b.png")])
    desk.wait_painted("a.png")
    desk.api.outage = 0
    desk.press("s")
    desk.wait_painted("b.png")
    desk.press("Enter")
    desk.page.locator('.problem[data-problem="saving"]').wait_for()
    desk.api.outage = None
    desk.wait_painted("a.png")
    desk.press("Enter")
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    desk.wait_saved(3)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [
        ("a.png", "skip"),
        ("b.png", "accept"),
        ("a.png", "accept"),
    ]


def test_a_clock_that_jumps_stops_no_retry_and_makes_no_time_negative(open_desk):
    desk = open_desk()
    desk.wait_painted("shelf/0.png")
    desk.page.evaluate("() => { const now = Date.now(); Date.now = () => now - 86_400_000; }")
    desk.api.outage = 0
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    desk.page.evaluate("() => { const now = Date.now(); Date.now = () => now + 10 * 86_400_000; }")
    desk.api.outage = None
    desk.wait_saved(1)
    desk.wait_painted("shelf/1.png")
    desk.page.evaluate("() => { const now = Date.now(); Date.now = () => now - 20 * 86_400_000; }")
    desk.press("Enter")
    desk.wait_saved(2)
    assert all(0 <= row["seconds"] < 600 for row in desk.api.rows)


def test_what_waits_is_sent_from_another_page_of_the_app_too(desk):
    desk.api.outage = 0
    desk.press("Tab", "3", "Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    desk.page.evaluate("() => { window.unmount(); }")
    desk.api.outage = None
    desk.wait_until(lambda: len(desk.api.rows) == 1)
    desk.page.wait_for_function("!Object.keys(localStorage).some(name => name.startsWith('relook:outbox'))")
    desk.mount(settings())
    desk.wait_painted("shelf/1.png")
    desk.press("Enter")
    desk.wait_saved(2)
    assert [row["seq"] for row in desk.api.rows] == [1, 2]


def test_a_token_is_asked_for_again_when_the_reviewer_tries(desk):
    desk.api.tokens = {"fresh"}
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="signed-out"]').click()
    desk.wait_until(lambda: desk.page.evaluate("window.calls") == [["renew", True], ["renew", True]])
    desk.mount(settings(token="fresh"))
    desk.wait_saved(1)


@pytest.mark.parametrize("token", ["", "forged", "token for another project"])
def test_a_forged_or_foreign_token_writes_nothing_and_loses_nothing(open_desk, token):
    desk = open_desk(data=settings())
    desk.wait_painted("shelf/0.png")
    desk.mount(settings(token=token))
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.locator('.saved[data-kind="signed-out"]').wait_for()
    assert desk.api.rows == []
    desk.mount(settings())
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "correct"


def test_an_edit_is_kept_when_the_image_is_skipped_or_flagged(desk):
    desk.press("Tab", "3", "s")
    desk.wait_painted("shelf/1.png")
    desk.press("Tab", "3", "f")
    desk.page.keyboard.type("see")
    desk.press("Enter")
    desk.wait_saved(2)
    for name in ("shelf/0.png", "shelf/1.png"):
        visit(desk, desk.page.url, settings(start=name))
        desk.wait_painted(name)
        assert desk.page.locator(".object", has_text="milk_bottle").count() == 1


def test_undo_after_another_order_was_chosen_goes_back_to_the_image(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.locator("select.order").select_option("score")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.wait_saved(2)
    assert desk.api.rows[1]["undoes"] == desk.api.rows[0]["decision_id"]
