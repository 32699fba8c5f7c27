"""What each key of the desk does, as a check: the desk shows an image with three objects, the key is pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.components.annotator.conftest import DeskPage
from tests.components.annotator.fake_api import CLASSES, PALETTE, obj

Act = Callable[[DeskPage, str], None]


ONE, TWO = [0.35, 0.35, 0.5, 0.5], [0.55, 0.55, 0.65, 0.65]


RING = [0.36, 0.52, 0.52, 0.52, 0.52, 0.68, 0.36, 0.68]


HOLE = [0.42, 0.58, 0.46, 0.58, 0.46, 0.62, 0.42, 0.62]


TEN_CLASSES = [*CLASSES, "juice", "butter", "yoghurt", "cheese", "egg_box", "jar"]


COLOURS = [{"name": name, "colour": PALETTE[at]} for at, name in enumerate(TEN_CLASSES)]


VISIBILITY = "node => getComputedStyle(node).visibility"


SIDES = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}


NAMES = {"Ctrl": "Control", "Left": "ArrowLeft", "Right": "ArrowRight", "Up": "ArrowUp", "Down": "ArrowDown"}


def objects(**ring: Any) -> list[dict[str, Any]]:
    """The smallest is a carton, the other two are cans, the largest has an outline."""
    outline = {"polygons": [RING], **ring}
    return [obj("one", ONE), obj("two", TWO, label="carton"), obj("ring", [0.36, 0.52, 0.52, 0.68], **outline)]


def pressed(key: str) -> str:
    """A key of the table as Playwright presses it."""
    if key.startswith("Shift+") and key[-1].isdigit():
        return f"Shift+Digit{key[-1]}"
    parts = key.split("+") if len(key) > 1 else [key]
    *modifiers, last = (NAMES.get(part, part) for part in parts)
    lowered = last.lower() if len(last) == 1 and "Shift" not in modifiers else last
    return "+".join([*modifiers, lowered])


def row(desk: DeskPage) -> dict[str, Any]:
    """The decision that the key led to."""
    desk.wait_saved(1)
    desk.wait_painted("b.png")
    assert desk.api.rows[0]["image_id"] == "a.png"
    return desk.api.rows[0]


def size(desk: DeskPage) -> tuple[int, int]:
    known = desk.api.items["a.png"]
    return known["width"], known["height"]


def note(desk: DeskPage) -> str:
    return desk.text(".hud.note")


def decides(desk: DeskPage, key: str, *, verdict: str, then: tuple[str, ...] = (), said: str = "") -> None:
    desk.press(key, *then)
    made = row(desk)
    assert (made["verdict"], made["note"]) == (verdict, said)


def writes(desk: DeskPage, key: str, *, verdict: str) -> None:
    desk.press(key)
    desk.page.keyboard.type("x1 Why?")  # letters that are keys elsewhere
    desk.press("Enter")
    desk.wait_saved(1)
    assert (desk.api.rows[0]["verdict"], desk.api.rows[0]["note"]) == (verdict, "x1 Why?")


def brushes(desk: DeskPage, key: str) -> None:
    desk.press(key)
    desk.drag((0.4, 0.4), (0.6, 0.4))
    desk.press("Enter")
    made = row(desk)
    assert made["verdict"] == "wrong_evidence"
    assert sum(made["region"]["runs"][1::2]) > 0


def resizes_the_brush(desk: DeskPage, key: str, *, sign: int) -> None:
    desk.press("w")
    before = int(desk.text(".brush-size").split()[0])
    desk.press(key)
    assert sign * (int(desk.text(".brush-size").split()[0]) - before) > 0


def takes_the_object(desk: DeskPage, key: str) -> None:
    desk.press("Tab", "w", key, "Enter")
    region = row(desk)["region"]
    share = sum(region["runs"][1::2]) / (region["width"] * region["height"])
    assert share == pytest.approx((TWO[2] - TWO[0]) * (TWO[3] - TWO[1]), rel=0.25)


def chooses_between_two(desk: DeskPage, key: str) -> None:
    theirs = {"decision_id": "bens", "reviewer": "Ben K.", "decided_at": "2026-11-20T10:41:52+00:00"}
    moved = [{**known, "label": "jar"} if known["id"] == "two" else known for known in objects()]
    desk.api.conflicts["a.png"] = {**theirs, "verdict": "correct", "objects": moved, "merged": None}
    desk.press("Tab", "4", "Enter")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    desk.press(key)
    assert desk.page.locator(".choice").is_visible()


def undoes(desk: DeskPage, key: str) -> None:
    before = desk.shown()
    desk.press("Tab", "ArrowRight")
    assert desk.shown() != before
    desk.press(key)
    assert desk.shown() == before


def redoes(desk: DeskPage, key: str) -> None:
    desk.press("Tab", "ArrowRight")
    moved = desk.shown()
    desk.press("Control+z", key)
    assert desk.shown() == moved


def sets_the_class(desk: DeskPage, key: str) -> None:
    desk.press("Tab", key)
    assert desk.shown()["two"]["label"] == TEN_CLASSES[int(key) - 1]


def searches_classes(desk: DeskPage, key: str) -> None:
    desk.press("Tab", key)
    desk.page.keyboard.type("butt")
    desk.press("Enter")
    assert desk.shown()["two"]["label"] == "butter"


def takes_the_prediction(desk: DeskPage, key: str) -> None:
    desk.press(key)
    assert desk.boxes() == {"found": [0.6, 0.4, 0.65, 0.45]}


def adds_what_is_missing(desk: DeskPage, key: str) -> None:
    desk.press(key)
    assert {"one", "two", "ring", "found"} == set(desk.boxes())


def goes_on(desk: DeskPage, key: str) -> None:
    desk.press(key)
    desk.wait_painted("b.png")
    assert desk.api.rows == []


def goes_back(desk: DeskPage, key: str) -> None:
    goes_on(desk, "d")
    desk.press(key)
    desk.wait_painted("a.png")


def opens(desk: DeskPage, key: str, *, part: str) -> None:
    desk.press(key)
    desk.page.locator(part).wait_for()
    desk.press("Escape")
    desk.page.locator(part).wait_for(state="hidden")


def copies_the_link(desk: DeskPage, key: str) -> None:
    desk.press(key)
    desk.page.locator(".hud.note", has_text="a.png").wait_for()


def cancels(desk: DeskPage, key: str) -> None:
    desk.press("Tab")
    assert desk.page.locator(".chosen .shape").count() > 0
    desk.press(key)
    assert desk.page.locator(".chosen .shape").count() == 0


def peeks(desk: DeskPage, key: str) -> None:
    desk.page.keyboard.down(key)
    desk.page.locator(".map:not([hidden])").wait_for()
    desk.page.keyboard.up(key)
    assert desk.page.locator(".map").is_hidden()


def latches(desk: DeskPage, key: str) -> None:
    desk.press(key)
    desk.page.locator(".map:not([hidden])").wait_for()
    desk.press(key)
    assert desk.page.locator(".map").is_hidden()


def changes_opacity(desk: DeskPage, key: str, *, sign: int) -> None:
    desk.press("Shift+Z")
    shown = desk.page.locator(".map:not([hidden])")
    shown.wait_for()
    before = float(shown.evaluate("node => node.style.opacity"))
    desk.press(key)
    assert sign * (float(shown.evaluate("node => node.style.opacity")) - before) > 0


def hides(desk: DeskPage, key: str) -> None:
    desk.page.keyboard.down(key)
    assert desk.page.locator(".shapes").evaluate(VISIBILITY) == "hidden"
    desk.page.keyboard.up(key)
    assert desk.page.locator(".shapes").evaluate(VISIBILITY) == "visible"


def compares(desk: DeskPage, key: str) -> None:
    desk.press(key)
    assert "not predicted" in desk.says()


def photo(desk: DeskPage) -> dict[str, float]:
    return desk.page.locator(".photo").bounding_box()


def zooms(desk: DeskPage, key: str, *, factor: float) -> None:
    before = photo(desk)["width"]
    desk.press(key)
    assert photo(desk)["width"] == pytest.approx(factor * before, rel=0.01)


def fits(desk: DeskPage, key: str) -> None:
    desk.press("+", "Control+Shift+ArrowLeft", key)
    view, shown = desk.page.locator(".view").bounding_box(), photo(desk)
    air = [view["width"] - shown["width"], view["height"] - shown["height"]]
    assert min(air) == pytest.approx(32, abs=1)
    assert shown["x"] - view["x"] == pytest.approx(air[0] / 2, abs=1)


def shows_actual_size(desk: DeskPage, key: str) -> None:
    desk.press(key)
    assert photo(desk)["width"] == pytest.approx(size(desk)[0], abs=0.5)


def pans(desk: DeskPage, key: str) -> None:
    before, view = photo(desk), desk.page.locator(".view").bounding_box()
    desk.press(key)
    x, y = SIDES[key.rpartition("Arrow")[2]]
    after = photo(desk)
    assert after["x"] - before["x"] == pytest.approx(-0.15 * x * view["width"], abs=1)
    assert after["y"] - before["y"] == pytest.approx(-0.15 * y * view["height"], abs=1)


def adjusts(desk: DeskPage, key: str, *, said: str) -> None:
    desk.press(key)
    assert said in desk.says()
    assert "on" in desk.page.locator('[aria-label^="Brightness, contrast"]').get_attribute("class").split()


def shows_as_it_is(desk: DeskPage, key: str) -> None:
    desk.press("u", "c", "g", key)
    assert desk.says() == "The photo is shown as it is."
    assert "on" not in desk.page.locator('[aria-label^="Brightness, contrast"]').get_attribute("class").split()


def selects(desk: DeskPage, key: str, *, first: tuple[str, ...] = (), ids: str) -> None:
    desk.press(*first, key)
    desk.press("Delete")
    assert {"one", "two", "ring"} - set(desk.boxes()) == set(ids.split())


def draws_a_box(desk: DeskPage, key: str) -> None:
    desk.press(key)
    desk.click(0.55, 0.35)
    desk.click(0.62, 0.45)
    [drawn] = [known["box"] for name, known in desk.shown().items() if name not in {"one", "two", "ring"}]
    assert drawn == pytest.approx([0.55, 0.35, 0.62, 0.45], abs=1.5 / photo(desk)["width"])


def draws_a_polygon(desk: DeskPage, key: str) -> None:
    desk.press(key)
    for place in [(0.55, 0.35), (0.64, 0.35), (0.64, 0.45)]:
        desk.click(*place)
    desk.press("Enter")
    [drawn] = [known for name, known in desk.shown().items() if name not in {"one", "two", "ring"}]
    assert drawn["polygons"][0] == pytest.approx([0.55, 0.35, 0.64, 0.35, 0.64, 0.45], abs=1.5 / photo(desk)["width"])


def draws_a_segment(desk: DeskPage, key: str) -> None:
    desk.press("Shift+Tab", key)
    for place in [(0.42, 0.58), (0.46, 0.58), (0.46, 0.62), (0.42, 0.62)]:
        desk.click(*place)
    desk.press("Enter")
    outline, hole = desk.shown()["ring"]["polygons"]
    assert outline == RING
    assert hole == pytest.approx(HOLE, abs=1.5 / photo(desk)["width"])


def edits(desk: DeskPage, key: str) -> None:
    desk.press("b", key)
    assert desk.page.locator('.tools [data-command="edit"]').get_attribute("aria-pressed") == "true"


def repeats(desk: DeskPage, key: str) -> None:
    goes_on(desk, "d")
    desk.press(key)
    assert sorted(desk.boxes().values()) == sorted(known["box"] for known in objects())


def deletes(desk: DeskPage, key: str) -> None:
    desk.press("Tab", key)
    assert set(desk.boxes()) == {"one", "ring"}


def copies(desk: DeskPage, key: str, *, then: str = "") -> None:
    desk.press("Tab", *([key, then] if then else ["Control+c", key]))
    assert list(desk.boxes().values()).count(TWO) == 2


def moves(desk: DeskPage, key: str, *, pixels: int) -> None:
    desk.press("Tab", key)
    x, y = SIDES[key.rpartition("Arrow")[2]]
    (width, height), (x0, y0, x1, y1) = size(desk), TWO
    dx, dy = x * pixels / width, y * pixels / height
    assert desk.boxes()["two"] == pytest.approx([x0 + dx, y0 + dy, x1 + dx, y1 + dy], abs=1e-6)


def grows(desk: DeskPage, key: str, *, pixels: int) -> None:
    desk.press("Tab", key)
    x, y = SIDES[key.rpartition("Arrow")[2]]
    (width, height), (x0, y0, x1, y1) = size(desk), TWO
    assert desk.boxes()["two"] == pytest.approx([x0, y0, x1 + x * pixels / width, y1 + y * pixels / height], abs=1e-6)


def chooses_a_point(desk: DeskPage, key: str, *, left: list[float]) -> None:
    desk.press("Shift+Tab", key, "Delete")
    assert desk.shown()["ring"]["polygons"] == [left]


def adds_a_point(desk: DeskPage, key: str) -> None:
    desk.press("Shift+Tab", "t", key)
    middle = [(RING[0] + RING[2]) / 2, RING[1]]
    assert desk.shown()["ring"]["polygons"][0] == pytest.approx([*RING[:2], *middle, *RING[2:]])


def deletes_a_segment(desk: DeskPage, key: str) -> None:
    desk.press("Shift+Tab", "Shift+T", key)
    assert desk.shown()["ring"]["polygons"] == [RING]
