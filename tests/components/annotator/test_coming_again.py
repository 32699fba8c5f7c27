"""Images that come again on the page that decided them, news for a desk where nobody presses a key, and a long day."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import five_images, settings, visit
from tests.components.annotator.fake_api import STATIC, item
from tests.components.annotator.test_holding import LATER

pytestmark = pytest.mark.browser


def many(count: int) -> list[dict]:
    return [item(f"{at:03}.png") for at in range(count)]


def accept(desk, *names):
    for name in names:
        desk.wait_painted(name)
        desk.press("Enter")


def test_an_image_that_a_lead_sent_back_comes_again_on_the_page_that_decided_it(open_desk):
    desk = open_desk(many(3))
    accept(desk, "000.png", "001.png")
    desk.wait_saved(2)
    desk.api.sent_back["000.png"] = "The left edge, please."
    accept(desk, "002.png")
    desk.wait_painted("000.png")
    assert "The left edge, please." in desk.text(".banner")
    desk.press("Enter")
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    desk.wait_saved(4)
    again = desk.api.rows[-1]
    assert (again["image_id"], again["verdict"], again["parent"]) == ("000.png", "accept", "back 000.png")


def test_skipped_images_come_again_behind_one_that_was_sent_back(open_desk):
    desk = open_desk(many(3))
    desk.wait_painted("000.png")
    desk.press("s")
    accept(desk, "001.png")
    desk.wait_saved(2)
    desk.api.sent_back["001.png"] = "Again."
    accept(desk, "002.png", "001.png", "000.png")
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    desk.wait_saved(5)
    assert [row["image_id"] for row in desk.api.rows] == ["000.png", "001.png", "002.png", "001.png", "000.png"]


def test_a_decision_that_was_taken_back_elsewhere_opens_the_image_here_too(open_desk):
    desk = open_desk(many(2))
    accept(desk, "000.png")
    desk.wait_saved(1)
    first = desk.api.rows[0]
    elsewhere = {"client_id": "another tab", "decision_id": "taken back", "undoes": first["decision_id"], "seq": 1}
    desk.api.rows.append({**first, **elsewhere})
    accept(desk, "001.png", "000.png")
    desk.page.locator('.problem[data-problem="done"]').wait_for()


def test_the_end_of_the_queue_looks_again_when_the_page_is_seen_and_keeps_its_card_meanwhile(open_desk):
    desk = open_desk(many(1))
    accept(desk, "000.png")
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    desk.wait_saved(1)
    desk.page.get_by_role("button", name="Open Export").focus()
    with desk.page.expect_response("**/queue?*") as response:
        desk.page.evaluate(LATER)
    response.value.finished()
    desk.page.evaluate("new Promise(requestAnimationFrame)")
    assert desk.page.evaluate("document.querySelector('#host').shadowRoot.activeElement?.innerText") == "Open Export"
    desk.api.sent_back["000.png"] = "Look at the label."
    desk.page.evaluate(LATER)
    desk.wait_painted("000.png")
    assert "Look at the label." in desk.text(".banner")


def test_a_desk_where_nobody_decides_hears_that_work_was_sent_back(desk):
    with desk.page.expect_response("**/leases") as first:
        desk.page.evaluate(LATER)
    first.value.finished()
    desk.page.evaluate("new Promise(requestAnimationFrame)")
    desk.api.sent_back["shelf/3.png"] = "Again."
    desk.page.evaluate(LATER)
    desk.page.locator(".hud.note", has_text="An image was sent back and waits in the queue.").wait_for()


@pytest.mark.parametrize("role", ["reviewer", "viewer"])
def test_a_desk_where_nobody_decides_hears_of_another_class_list(open_desk, role):
    desk = open_desk(five_images(), settings(role=role))
    desk.wait_painted("shelf/0.png")
    names = ["can", "carton", "glass"]
    desk.api.classes = (1, [{"name": name, "colour": "#41BDFE", "names": []} for name in names])
    desk.page.evaluate(LATER)
    desk.page.locator(".chip", has_text="glass").wait_for()


A_LONG_DAY = """async () => {
  const { Queue } = await import("/static/queue.js");
  const total = 1500, gone = [], pending = new Set();
  const name = (at) => `${String(at).padStart(5, "0")}.png`;
  const item = (at) => ({ image_id: name(at), status: "new", decision_id: "", again: false, objects: [], labels: [] });
  const get = async (_path, { after = "", count }) => {
    const from = after ? parseInt(after) + 1 : 0;
    const items = Array.from({ length: Math.min(count, total - from) }, (_, at) => item(from + at));
    return { items, total, decided: 0, skipped: 0, left: total };
  };
  const queue = new Queue({ get }, { kind: { hasObjects: false }, client: "c", isPending: (id) => pending.has(id),
    onVersion: () => {}, onChange: () => {}, onLetGo: (entries) => gone.push(...entries) });
  await queue.open("name");
  const seen = [];
  let most = 0;
  for (let at = 0; at < 1400; at += 1) {
    if (at !== 5) queue.current.isOpen = false;  // one is passed by
    if (at === 7) pending.add(name(at));  // one waits for the database all day
    seen.push(queue.current.item.image_id);
    if (at === 5) queue.step(1); else queue.advance();
    while (queue.isLoading) await new Promise((resolve) => setTimeout(resolve, 0));
    most = Math.max(most, queue.entries.length);
  }
  queue.close();
  const first = queue.entries.slice(0, 2).map((entry) => entry.item.image_id);
  return { isInOrder: seen.every((id, at) => id === name(at)), most, first, gone: gone.length };
}"""


def test_of_a_long_day_only_the_last_images_stay_in_memory_with_those_that_wait(desk):
    told = desk.page.evaluate(A_LONG_DAY)
    assert told["isInOrder"]
    assert told["most"] < 420
    assert told["gone"] > 1000
    assert told["first"] == ["00005.png", "00007.png"]


def test_what_is_not_in_memory_any_more_is_undone_by_the_log(open_desk):
    desk = open_desk(many(20))
    text = (STATIC / "queue.js").read_text()
    assert "BEHIND = 300" in text
    assert "AT_ONCE = 50" in text
    short = text.replace("BEHIND = 300", "BEHIND = 4").replace("AT_ONCE = 50", "AT_ONCE = 2")
    desk.page.route("**/queue.js", lambda route: route.fulfill(body=short, content_type="text/javascript"))
    visit(desk, desk.page.url, settings())
    accept(desk, *(f"{at:03}.png" for at in range(9)))
    desk.wait_painted("009.png")
    desk.wait_saved(9)
    for at in range(8, -1, -1):
        desk.press("a")
        if desk.page.get_by_text("Earlier images are found by their names, or in Browse.").count():
            break
        desk.wait_painted(f"{at:03}.png")
    assert desk.page.get_by_text("Earlier images are found by their names, or in Browse.").count()
    for at in range(8, -1, -1):
        desk.press("Control+z")
        desk.wait_painted(f"{at:03}.png")
        desk.wait_saved(9 + 9 - at)
    assert [row["image_id"] for row in desk.api.rows[9:]] == [f"{at:03}.png" for at in range(8, -1, -1)]
    assert desk.api.in_force() == {}
