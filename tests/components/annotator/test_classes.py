"""Classes of whole images, the search over all of them, and the model's answer beside the label."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.pixels import CAN, share_of_line

pytestmark = pytest.mark.browser

PREDICTED = [
    {"label": "carton", "score": 0.93},
    {"label": "can", "score": 0.05},
    {"label": "milk_bottle", "score": 0.02},
    {"label": "water_bottle", "score": 0.0},
]


def labelled(**values):
    return [
        item(f"{name}.png", **{"labels": ["can"], "source": "label", "predicted": PREDICTED, **values})
        for name in "abc"
    ]


@pytest.fixture
def class_desk(open_desk):
    opened = open_desk(labelled(), settings("image_classification"))
    opened.wait_painted("a.png")
    return opened


@pytest.fixture
def multi_desk(open_desk):
    predicted = [
        {"label": "carton", "score": 0.93},
        {"label": "milk_bottle", "score": 0.61},
        {"label": "can", "score": 0.2},
    ]
    opened = open_desk(labelled(predicted=predicted), settings("image_classification_multilabel"))
    opened.wait_painted("a.png")
    return opened


def tags(desk):
    return desk.page.locator(".label-tags > div").first.locator(".tag").all_inner_texts()


def press_physical(desk, code, key, **values):
    """A key of another keyboard layout."""
    options = {"code": code, "key": key, "bubbles": True, "composed": True, "cancelable": True, **values}
    desk.page.locator(".stage").evaluate(
        "(stage, options) => { stage.dispatchEvent(new KeyboardEvent('keydown', options)); }", options
    )


def test_a_digit_sets_the_class_and_the_photo_and_the_chip_show_it(class_desk):
    assert tags(class_desk) == ["can"]
    class_desk.press("3")
    assert tags(class_desk) == ["milk_bottle"]
    assert class_desk.page.locator(".chip.on").all_inner_texts() == ["3\nmilk_bottle"]
    class_desk.press("Enter")
    class_desk.wait_saved(1)
    assert (class_desk.api.rows[0]["verdict"], class_desk.api.rows[0]["labels"], class_desk.api.rows[0]["objects"]) == (
        "correct",
        ["milk_bottle"],
        None,
    )


def test_the_same_class_again_is_an_acceptance(class_desk):
    class_desk.press("2", "1", "Enter")
    class_desk.wait_saved(1)
    assert (class_desk.api.rows[0]["verdict"], class_desk.api.rows[0]["labels"]) == ("accept", ["can"])


def test_digits_toggle_where_several_classes_may_hold(multi_desk):
    multi_desk.press("3", "4", "1", "Enter")
    multi_desk.wait_saved(1)
    assert multi_desk.api.rows[0]["labels"] == ["milk_bottle", "water_bottle"]


def test_digits_go_by_the_physical_key_and_the_number_pad_works(class_desk):
    press_physical(class_desk, "Digit2", "é")
    assert tags(class_desk) == ["carton"]
    press_physical(class_desk, "Numpad3", "3")
    assert tags(class_desk) == ["milk_bottle"]
    press_physical(class_desk, "Numpad4", "ArrowLeft")
    assert tags(class_desk) == ["milk_bottle"]
    press_physical(class_desk, "Digit7", "/", shiftKey=True)
    assert class_desk.page.evaluate("document.querySelector('#host').shadowRoot.activeElement.tagName") == "INPUT"


def test_letters_go_by_place_in_other_alphabets(class_desk):
    press_physical(class_desk, "KeyD", "в")
    class_desk.wait_painted("b.png")


def test_a_digit_without_a_class_says_so(class_desk):
    class_desk.press("9")
    assert class_desk.text(".hud.note") == "There is no class 9. / searches all classes."


def test_an_image_without_a_class_is_not_accepted_by_one_key(open_desk):
    desk = open_desk([item("a.png", source="none")], settings("image_classification"))
    desk.wait_painted("a.png")
    assert tags(desk) == ["No class yet"]
    desk.press("Enter")
    assert "Choose a class first" in desk.text(".hud.note")


def test_the_search_finds_among_all_classes_while_no_key_acts(open_desk):
    classes = [{"name": f"class {at}", "colour": "#41BDFE"} for at in range(5000)]
    desk = open_desk(labelled(labels=["class 0"], predicted=[]), settings("image_classification", classes=classes))
    desk.wait_painted("a.png")
    desk.press("/")
    desk.page.keyboard.type("class 4242x")
    assert desk.text(".results") == "No class bears that name."
    desk.press("Backspace", "Enter")
    assert tags(desk) == ["class 4242"]
    desk.press("/")
    desk.page.keyboard.type("class 49")
    desk.press("ArrowDown", "Enter")
    assert tags(desk) == ["class 490"]
    desk.press("/", "Escape", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["labels"] == ["class 490"]
    assert desk.api.rows[0]["image_id"] == "a.png"


def test_one_key_takes_the_models_answer_over_and_undo_gives_it_back(class_desk):
    class_desk.press("m")
    assert tags(class_desk) == ["carton"]
    class_desk.press("Control+z")
    assert tags(class_desk) == ["can"]
    class_desk.page.get_by_role("button", name="Take over").click()
    class_desk.press("Enter")
    class_desk.wait_saved(1)
    assert (class_desk.api.rows[0]["verdict"], class_desk.api.rows[0]["labels"]) == ("correct", ["carton"])


def test_several_predicted_classes_are_taken_over_above_the_threshold(multi_desk):
    multi_desk.press("m", "Enter")
    multi_desk.wait_saved(1)
    assert multi_desk.api.rows[0]["labels"] == ["carton", "milk_bottle"]


def test_label_and_prediction_are_compared_and_the_decision_knows_it(class_desk):
    class_desk.press("l")
    assert class_desk.page.locator(".label-tags .tag").all_inner_texts() == [
        "can, not predicted",
        "carton 0.93, not in the label",
    ]
    assert class_desk.says() == "can is not predicted, carton is not in the label."
    class_desk.press("Enter")
    class_desk.wait_saved(1)
    assert class_desk.api.rows[0]["overlays"] == ["difference", "labels", "predictions", "scores"]


def test_labelled_boxes_are_compared_with_predicted_ones(open_desk):
    given = [obj("given", [0.1, 0.1, 0.5, 0.5], source="label", score=None)]
    found = [obj("given", [0.12, 0.1, 0.5, 0.5], label="carton", score=0.8), obj("more", [0.6, 0.6, 0.8, 0.8])]
    desk = open_desk([item("a.png", source="label", objects=given, predictions=found)])
    desk.wait_painted("a.png")
    assert share_of_line(desk, (0.62, 0.8), (0.78, 0.8), CAN) == 0
    desk.press("l")
    assert 0.5 < share_of_line(desk, (0.1, 0.2), (0.1, 0.45), CAN) < 0.9
    assert share_of_line(desk, (0.62, 0.8), (0.78, 0.8), CAN) > 0.95
    desk.press("m", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["objects"] == found


def test_a_label_is_text_and_never_markup(open_desk):
    evil = '<img src=x onerror="window.harm = 1"><b>&amp;'
    rtl = "\u202eتفاحة 🍎"
    classes = [{"name": name, "colour": "#41BDFE"} for name in (evil, rtl, "x" * 10_000)]
    objects = [
        obj(str(at), [0.1, 0.1 + 0.3 * at, 0.9, 0.3 + 0.3 * at], label=known["name"])
        for at, known in enumerate(classes)
    ]
    desk = open_desk(
        [item("a.png", name=evil, reason=evil, objects=objects, predictions=objects)],
        settings(classes=classes, reviewer=evil),
    )
    desk.wait_painted("a.png")
    desk.press("Tab", "1", "/")
    assert desk.page.locator(".desk b, .desk img[src=x]").count() == 0
    assert desk.page.evaluate("window.harm ?? 0") == 0
    assert evil in desk.page.locator(".tag").all_inner_texts()[0] + " ".join(
        desk.page.locator(".chip").all_text_contents()
    )
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_keys_do_nothing_while_another_field_of_the_page_has_the_focus(class_desk):
    class_desk.page.locator("#elsewhere").fill("")
    class_desk.page.locator("#elsewhere").type("1x 2 s")
    class_desk.press("Enter")
    assert class_desk.page.locator("#elsewhere").input_value() == "1x 2 s"
    assert tags(class_desk) == ["can"]
    assert class_desk.api.rows == []


def test_the_pages_own_single_letter_keys_hear_nothing_from_the_desk(class_desk):
    class_desk.page.evaluate("window.strayKeys.length = 0")
    class_desk.press("r", "c", "2", "k")
    assert class_desk.page.evaluate("window.strayKeys") == []


def test_a_key_with_nothing_focused_is_the_desks_until_escape_leaves_it(class_desk):
    class_desk.page.evaluate("document.activeElement.blur()")
    class_desk.press("2")
    assert tags(class_desk) == ["carton"]
    class_desk.press("Escape")
    class_desk.press("3")
    assert tags(class_desk) == ["carton"]


def test_shapes_are_not_drawn_where_images_have_classes(class_desk):
    class_desk.press("b")
    assert "no shapes to draw" in class_desk.text(".hud.note")
    assert class_desk.page.locator(".tool:visible").count() == 2
