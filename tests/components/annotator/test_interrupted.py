"""Cut off in the middle: between a key and its answer, in the middle of an image, right after an undo."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser

ENTER = """const root = document.querySelector("#host").shadowRoot;
  const enter = { key: "Enter", code: "Enter", bubbles: true, composed: true };
  root.querySelector(".stage").dispatchEvent(new KeyboardEvent("keydown", enter));"""
AS_SOON_AS_PAINTED = """(control) => document.querySelector("#host").addEventListener("relook:painted", () => {
  document.querySelector("#host").shadowRoot.querySelector(control).click(); window.hasClickedAgain = true;
}, { once: true })"""


@pytest.mark.parametrize("is_reloaded", [False, True], ids=["the server comes back", "the tab is opened again"])
def test_what_was_written_and_never_answered_is_there_once(desk, is_reloaded):
    desk.api.is_mute = True
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    assert len(desk.api.rows) == 1  # killed between the row and the answer
    desk.press("Enter")
    desk.wait_painted("shelf/2.png")
    if is_reloaded:
        desk.page.on("dialog", lambda dialog: dialog.accept())
        visit(desk, desk.page.url, settings())
        desk.page.locator(".desk[data-painted]:not([data-painted=''])").wait_for()
    desk.api.is_mute = False
    desk.wait_saved(2)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [
        ("shelf/0.png", "correct"),
        ("shelf/1.png", "accept"),
    ]
    assert len({(row["client_id"], row["seq"]) for row in desk.api.rows}) == 2
    assert len([post for post in desk.api.posts if post["entries"][0]["seq"] == 1]) > 1


@pytest.mark.parametrize("way", ["another page of the app", "a reload", "the tab is closed"])
def test_an_undo_counts_though_one_leaves_at_once(desk, way):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    desk.press("Control+z")
    address = desk.page.url
    if way == "another page of the app":
        desk.page.evaluate("() => { window.unmount(); }")
    elif way == "the tab is closed":
        page = desk.page.context.new_page()
        desk.page.close(run_before_unload=False)
        page.goto(address)
        page.wait_for_function("window.isReady")
        page.evaluate("data => window.mount(data)", settings())
    else:
        desk.page.on("dialog", lambda dialog: dialog.accept())
        visit(desk, address, settings())
    wait_rows(desk, 2)
    made, undone = desk.api.rows
    assert undone["undoes"] == made["decision_id"]
    assert desk.api.decided() == 0


def wait_rows(desk, count):
    """Without the page of the desk, which may be gone."""
    page = desk.page.context.pages[-1]
    for _ in range(400):
        if len(desk.api.rows) >= count:
            return
        page.wait_for_timeout(25)
    pytest.fail(f"There are {len(desk.api.rows)} rows; expected {count}.")


def test_a_session_that_is_lost_in_the_middle_of_an_image_costs_nothing_of_it(desk):
    desk.press("Tab", "3")
    desk.api.tokens = {"of the next session"}
    desk.press("ArrowRight", "f")
    desk.page.keyboard.type("half a com")
    desk.page.evaluate("() => { window.unmount(); }")  # the server ended the session and the page draws itself anew
    desk.mount(settings(token="of the next session"))
    desk.wait_painted("shelf/0.png")
    assert desk.page.get_by_role("button", name="Accept").is_enabled()
    desk.press("f")
    assert desk.page.get_by_role("textbox", name="Comment on the flag").input_value() == "half a com"
    desk.press("Escape")
    small = desk.accept_and_read()["small"]
    assert (small["label"], small["box"]) == ("milk_bottle", pytest.approx([0.2025, 0.2, 0.4025, 0.5]))


def test_decisions_made_while_nobody_is_signed_in_wait_and_go_on_with_the_next_session(desk):
    desk.api.tokens = {"of the next session"}
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("x", "2")
    desk.wait_painted("shelf/2.png")
    desk.page.locator('.saved[data-kind="signed-out"]').wait_for()
    assert desk.text(".saved").startswith("Not saved. Sign in again")
    assert ["renew", True] in desk.page.evaluate("window.calls")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    visit(desk, desk.page.url, settings(token="of the next session"))
    desk.wait_saved(2)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [
        ("shelf/0.png", "correct"),
        ("shelf/1.png", "reject"),
    ]
    desk.wait_painted("shelf/2.png")


def test_thumbnails_that_could_not_be_had_come_when_the_server_is_back(open_desk):
    desk = open_desk(prepare=lambda api: api.lost_thumbs.add("shelf/2.png"))
    desk.wait_painted("shelf/0.png")
    thumb = desk.page.locator('.thumb[aria-label="2.png"] img')
    desk.wait_until(lambda: thumb.evaluate("picture => picture.complete && !picture.naturalWidth"))
    desk.api.lost_thumbs.clear()

    def is_there() -> bool:
        desk.press("v")  # any key that has the desk drawn anew
        return thumb.evaluate("picture => picture.naturalWidth > 0")

    desk.wait_until(is_there)


@pytest.mark.parametrize("way", ["another page of the app", "a reload"])
def test_leaving_in_the_middle_of_a_decision_sends_it_and_asks_for_no_more_images(open_desk, way):
    names = [f"{at:03}.png" for at in range(40)]
    desk = open_desk([item(name) for name in names])
    for name in names[:11]:
        desk.wait_painted(name)
        desk.press("Enter")
    desk.wait_painted(names[11])
    desk.wait_saved(11)
    asked = []
    desk.page.on("request", lambda request: asked.append(request.url))
    leave = "window.unmount()" if way == "another page of the app" else 'window.dispatchEvent(new Event("pagehide"))'
    desk.page.evaluate(f"() => {{ {ENTER} {leave}; }}")
    desk.wait_until(lambda: len(desk.api.rows) == 12 and bool(desk.api.lease_posts))
    before_release = next(at for at, url in enumerate(asked) if url.endswith("leases/release"))
    assert not [url for url in asked[:before_release] if "/queue" in url]


def test_a_page_that_is_hidden_sends_at_once_what_was_decided(desk):
    sent = desk.page.evaluate(f"""() => {{
      const sent = [], usual = window.fetch;
      window.fetch = (url, ...rest) => (sent.push(String(url)), usual(url, ...rest));
      {ENTER}
      const before = [...sent];
      Object.defineProperty(document, "hidden", {{ value: true, configurable: true }});
      document.dispatchEvent(new Event("visibilitychange"));
      delete document.hidden;
      return [before, sent.slice(before.length)];
    }}""")
    assert not any(url.endswith("/decisions") for url in sent[0])
    assert [url.rsplit("/", 1)[-1] for url in sent[1]] == ["decisions"]
    desk.wait_saved(1)


def test_what_fails_while_it_waits_for_the_photo_keeps_nothing_else_from_being_done(desk):
    done = desk.page.evaluate("""async () => {
      window.addEventListener("error", (event) => event.preventDefault());
      const { AfterPaint } = await import("/static/after_paint.js");
      const waiting = new AfterPaint(), done = [];
      for (const end of [() => waiting.release(), () => waiting.flush()]) {
        waiting.hold();
        waiting.run("fails", () => { throw new Error("on purpose"); });
        const last = new Promise((resolve) => waiting.run("last", () => resolve(done.push("last"))));
        try { end(); } catch {}
        await Promise.race([last, new Promise((resolve) => setTimeout(resolve, 2000))]);
      }
      return done;
    }""")
    assert done == ["last", "last"]


@pytest.mark.parametrize(
    ("keys", "control", "verdict"),
    [
        ("x", '[data-command="reason"]', "reject"),
        ("f", ".actions .set.wide .button.primary", "flag"),
        ("w", '[data-command="save-evidence"]', "wrong_evidence"),
    ],
)
def test_the_second_of_two_clicks_says_nothing_of_the_next_image(desk, keys, control, verdict):
    desk.press(keys)
    if verdict == "flag":
        desk.page.keyboard.type("Blurred.")
    if verdict == "wrong_evidence":
        desk.drag((0.3, 0.3), (0.5, 0.5))
    desk.page.evaluate(AS_SOON_AS_PAINTED, control)
    desk.page.locator(control).first.click()
    desk.wait_painted("shelf/1.png")
    desk.page.wait_for_function("window.hasClickedAgain")
    desk.press("Enter")
    desk.wait_saved(2)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [
        ("shelf/0.png", verdict),
        ("shelf/1.png", "accept"),
    ]
