"""One browser, several pages: two tabs, a page that comes back, two installations at one address, a slow restart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.annotator.conftest import DeskPage, five_images, settings, visit
from tests.components.annotator.test_conflict import relabelled, theirs

pytestmark = pytest.mark.browser


def left_behind(seq: int, image_id: str, **values: Any) -> dict[str, Any]:
    """A decision in the browser's storage, as a page leaves it."""
    said = {"labels": None, "objects": [], "note": "", "overlays": [], "seconds": 1, "undoes": None, "parent": ""}
    known = {"seq": seq, "decision_id": f"left {seq}", "image_id": image_id, "verdict": "accept"}
    return {**known, **said, "local": {"since": 0, "counts": 1}, **values}


def leave_behind(desk: DeskPage, place: str, entry: dict[str, Any]) -> None:
    name = f"relook:outbox:{place}:crashed:{entry['seq']:09d}"
    desk.page.evaluate("([name, value]) => localStorage.setItem(name, value)", [name, json.dumps(entry)])


def test_a_second_tab_leaves_alone_what_the_first_one_still_sends(desk):
    desk.api.outage = 0
    desk.press("Tab", "3", "Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    other = DeskPage(desk.page.context.new_page(), desk.api)
    visit(other, desk.page.url.split("?")[0], settings(start="shelf/3.png"))
    other.wait_painted("shelf/3.png")
    assert other.text(".saved").startswith("Saved")
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.api.outage = None
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    other.press("Enter")
    other.wait_until(lambda: len(desk.api.rows) == 1)
    assert other.page.get_by_role("alert").count() == 0
    assert {entry["image_id"] for post in desk.api.posts for entry in post["entries"]} == {"shelf/0.png", "shelf/3.png"}
    assert len([post for post in desk.api.posts if post["entries"][0]["image_id"] == "shelf/0.png"]) == 1


def test_what_one_tab_chose_or_dropped_is_asked_in_no_other(desk):
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.press("Tab", "3", "Enter")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    desk.api.refusals["shelf/1.png"] = ("The class can was removed.", "Choose another class.")
    desk.wait_painted("shelf/1.png")
    desk.press("Enter")
    desk.wait_until(lambda: "1 decision refused" in desk.text(".saved"))
    other = DeskPage(desk.page.context.new_page(), desk.api)
    visit(other, desk.page.url.split("?")[0], settings(start="shelf/3.png"))
    other.wait_painted("shelf/3.png")
    assert "1 image changed by two and 1 decision refused, choose" in other.text(".saved").replace("\n", "")
    desk.page.bring_to_front()
    desk.press("y", "Enter")
    desk.wait_until(lambda: len(desk.api.rows) == 1)
    other.page.locator('.saved[data-kind="refused"]').wait_for()
    desk.page.get_by_role("button", name="Drop the decision on 1.png").click()
    other.page.locator('.saved[data-kind="saved"]').wait_for()
    assert other.page.get_by_role("alert").count() == 0


def test_what_a_closed_tab_left_is_sent_by_the_next_one(desk):
    desk.api.outage = 0
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    address, context = desk.page.url.split("?")[0], desk.page.context
    other = DeskPage(context.new_page(), desk.api)
    desk.page.close(run_before_unload=False)
    desk.api.outage = None
    visit(other, address, settings())
    other.wait_painted("shelf/1.png")
    other.wait_saved(1)
    assert desk.api.rows[0]["image_id"] == "shelf/0.png"


def test_without_locks_what_a_closed_tab_left_is_sent_all_the_same(desk):
    """A server in the local network without https: the browser offers no locks there."""
    leave_behind(desk, "3:Ana%20R.", left_behind(7, "shelf/4.png"))
    desk.page.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    visit(desk, desk.page.url, settings())
    desk.wait_saved(1)
    assert desk.api.rows[0]["decision_id"] == "left 7"


def test_a_page_that_the_browser_brings_back_uses_no_number_twice(desk):
    """The page between used the same identity: its numbers are taken, and its decisions are not on the old screen."""
    desk.press("Enter")
    desk.wait_saved(1)
    client = desk.api.rows[0]["client_id"]
    taken = json.dumps({"client": client, "seq": 9})
    with desk.page.expect_navigation():
        desk.page.evaluate(
            """taken => {
              window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
              sessionStorage.setItem("relook:client", taken);
              window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
            }""",
            taken,
        )
    desk.page.wait_for_function("window.isReady")
    desk.mount(settings())
    desk.wait_painted("shelf/1.png")
    desk.press("Enter")
    desk.wait_saved(2)
    assert (desk.api.rows[1]["client_id"], desk.api.rows[1]["seq"]) == (client, 10)


def test_a_page_brought_back_with_a_full_storage_keeps_what_waits_and_takes_new_numbers(desk):
    desk.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    desk.api.outage = 0
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    desk.page.evaluate("() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    desk.wait_painted("shelf/1.png")
    desk.press("Enter")
    desk.api.outage = None
    desk.wait_until(lambda: len(desk.api.rows) == 2)
    assert [row["image_id"] for row in desk.api.rows] == ["shelf/0.png", "shelf/1.png"]
    assert len({(row["client_id"], row["seq"]) for row in desk.api.rows}) == 2


def test_another_installation_at_the_same_address_sends_none_of_these_decisions(desk):
    """Two workspaces, one port after the other, each with a project 3 and images of the same names."""
    leave_behind(desk, "first:3:Ana%20R.", left_behind(7, "shelf/4.png"))
    for kind in ("draft", "conflict", "refused"):
        entry = left_behind(8, "shelf/0.png")
        kept = {
            "draft": {"base": "", "content": {"objects": []}, "change": {"was": [], "added": []}},
            "conflict": {"mine": entry, "theirs": theirs([])},
            "refused": [{"entry": entry, "error": "No.", "remedy": ""}],
        }[kind]
        name = f"relook:{kind}:first:3:Ana%20R.:shelf/0.png"
        desk.page.evaluate("([name, value]) => localStorage.setItem(name, value)", [name, json.dumps(kept)])
    visit(desk, desk.page.url, settings(installation="second"))
    desk.wait_painted("shelf/0.png")
    assert len(desk.boxes()) == 2
    desk.press("Enter")
    desk.wait_until(lambda: len(desk.api.rows) == 1)
    desk.page.locator('.saved[data-kind="saved"]').wait_for()
    visit(desk, desk.page.url, settings(installation="first"))
    desk.wait_until(lambda: len(desk.api.rows) == 2)
    assert [row["image_id"] for row in desk.api.rows] == ["shelf/0.png", "shelf/4.png"]
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()


# ---- undo after a restart


def test_undo_after_a_slow_restart_takes_back_the_decision_that_was_saved_late(desk):
    """What the earlier page left is saved only after the queue was shown: it is newer than what the log held then."""
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    desk.api.outage = 503
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="failing"]').wait_for()
    desk.page.on("dialog", lambda dialog: dialog.accept())
    visit(desk, desk.page.url, settings(start="shelf/3.png"))
    desk.wait_painted("shelf/3.png")
    desk.press("Control+z")
    desk.wait_until(lambda: desk.says() == "Earlier decisions can be undone once everything is saved.")
    desk.api.outage = None
    desk.wait_saved(2)
    desk.press("Control+z")
    desk.wait_saved(3)
    assert desk.api.rows[2]["undoes"] == desk.api.rows[1]["decision_id"]
    assert desk.api.rows[1]["image_id"] == "shelf/1.png"


def test_earlier_decisions_can_be_undone_though_they_could_not_be_had_at_first(open_desk):
    desk = open_desk(five_images())
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_saved(1)
    away = lambda route: route.fulfill(status=503, json={"error": "The database is locked.", "remedy": ""})  # noqa: E731  short
    desk.page.route("**/history", away)
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/1.png")
    desk.wait_until(lambda: desk.says() == "The database is locked.")
    desk.page.unroute("**/history")
    desk.press("Control+z")
    desk.wait_saved(2)
    assert desk.api.rows[1]["undoes"] == desk.api.rows[0]["decision_id"]
    desk.wait_painted("shelf/0.png")


def test_what_a_crashed_tab_left_is_sent_under_the_client_that_made_it(desk):
    left = {
        "seq": 7,
        "decision_id": "aa",
        "image_id": "shelf/4.png",
        "verdict": "accept",
        "labels": None,
        "objects": [],
        "note": "",
        "overlays": [],
        "seconds": 1,
        "undoes": None,
        "local": {"since": 0, "counts": 1},
    }
    desk.page.evaluate(
        "entry => localStorage.setItem('relook:outbox:3:Ana%20R.:crashed:000000007', entry)", json.dumps(left)
    )
    visit(desk, desk.page.url, settings())
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["client_id"], row["seq"], row["decision_id"]) == ("crashed", 7, "aa")
    assert "local" not in row


def test_nobody_sends_another_reviewers_decisions(desk):
    name = "relook:outbox:3:Ben%20K.:crashed:000000001"
    desk.page.evaluate("name => localStorage.setItem(name, JSON.stringify({ seq: 1, decision_id: 'bb' }))", name)
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_until(lambda: len(desk.api.rows) == 1)
    assert desk.api.rows[0]["image_id"] == "shelf/0.png"
    assert desk.page.evaluate("name => localStorage.getItem(name) !== null", name)


def test_a_duplicated_tab_counts_under_an_identity_of_its_own(desk):
    """A browser copies the session storage into the duplicate; both must not use the same numbers."""
    desk.press("Enter")
    desk.wait_saved(1)
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/1.png")
    assert desk.page.evaluate("sessionStorage.getItem('relook:client')") is None
    desk.page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    kept = json.loads(desk.page.evaluate("sessionStorage.getItem('relook:client')"))
    assert kept == {"client": desk.api.rows[0]["client_id"], "seq": 1}
