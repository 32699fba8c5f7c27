"""Right label, wrong evidence: a mask brushed over the photo, sent as run lengths, shown again."""

from __future__ import annotations

import numpy as np
import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def mask_of(region):
    """The cells of a mask as the server unpacks them: (rows, columns), bool."""
    values = [at % 2 == 1 for at, run in enumerate(region["runs"]) for _ in range(run)]
    return np.array(values).reshape(region["height"], region["width"])


def share_at(mask, x0, y0, x1, y1):
    rows, columns = mask.shape
    return mask[round(y0 * rows) : round(y1 * rows), round(x0 * columns) : round(x1 * columns)].mean()


def drawn(desk):
    """How many cells of the mask are on screen."""
    return desk.page.locator(".mask").evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return canvas.hidden ? 0 : data.filter((value, at) => at % 4 === 3 && value).length;
        }"""
    )


def test_brushed_cells_are_sent_as_run_lengths_over_a_grid_of_the_whole_photo(desk):
    desk.press("w")
    desk.drag((0.25, 0.5), (0.75, 0.5))
    assert drawn(desk) > 0
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["verdict"], row["note"]) == ("wrong_evidence", "")
    region = row["region"]
    assert (region["width"], region["height"]) == (256, 192)
    assert sum(region["runs"]) == 256 * 192
    mask = mask_of(region)
    assert share_at(mask, 0.26, 0.49, 0.74, 0.51) == 1
    assert share_at(mask, 0, 0, 1, 0.4) == 0 == share_at(mask, 0.8, 0, 1, 1)


def test_the_brush_has_sizes_an_eraser_and_steps(desk):
    desk.press("w")
    desk.click(0.3, 0.5)
    small = drawn(desk)
    desk.press("Control+z")
    assert drawn(desk) == 0
    desk.press("]", "]")
    desk.click(0.3, 0.5)
    large = drawn(desk)
    assert large > 3 * small
    desk.press("[", "[", "[", "e")
    desk.click(0.3, 0.5)
    assert 0 < drawn(desk) < large
    desk.press("Control+z")
    assert drawn(desk) == large
    desk.press("Control+y")
    assert drawn(desk) < large
    desk.press("b")
    assert desk.page.locator('.actions [data-command="box"]').get_attribute("aria-pressed") == "true"


def test_a_pen_brushes_and_its_other_end_erases(desk):
    desk.press("w")
    x, y = desk.at(0.4, 0.4)
    stroke = """(node, [x, y, button, buttons]) => {
      const options = { pointerId: 7, pointerType: "pen", bubbles: true, composed: true, cancelable: true, button };
      node.setPointerCapture = () => {};
      const steps = [["pointerdown", x, buttons], ["pointermove", x + 40, buttons], ["pointerup", x + 40, 0]];
      for (const [name, clientX, held] of steps)
        node.dispatchEvent(new PointerEvent(name, { ...options, clientX, clientY: y, buttons: held }));
    }"""
    desk.page.locator(".marks").evaluate(stroke, [x, y, 0, 1])
    brushed = drawn(desk)
    assert brushed > 100
    desk.page.locator(".marks").evaluate(stroke, [x, y, 5, 32])
    assert drawn(desk) == 0


def test_an_object_is_taken_whole_so_that_no_hand_on_a_mouse_is_needed(desk):
    desk.press("Tab", "w", "o", "Enter")
    desk.wait_saved(1)
    mask = mask_of(desk.api.rows[0]["region"])
    assert share_at(mask, 0.21, 0.22, 0.39, 0.48) == 1
    assert share_at(mask, 0.41, 0, 1, 1) == 0


def test_nothing_brushed_is_not_saved(desk):
    desk.press("w", "Enter")
    assert desk.text(".hud.note") == "Brush over the evidence that should not count, or cancel with Esc."
    desk.press("x", "2")
    assert desk.text(".hud.note") == "Enter saves the mask, Esc drops it."
    desk.press("Escape", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "accept"


def test_a_changed_label_is_not_right_label_wrong_evidence(desk):
    desk.press("Tab", "3", "w")
    assert "The label was changed" in desk.text(".hud.note")
    assert desk.page.locator(".objects").inner_text().count("milk_bottle") == 1


def test_the_mask_is_shown_again_and_can_be_gone_on_with(desk):
    desk.press("w")
    desk.drag((0.25, 0.5), (0.75, 0.5))
    cells = drawn(desk)
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    visit(desk, desk.page.url, settings(start="shelf/0.png"))
    desk.wait_painted("shelf/0.png")
    assert drawn(desk) == cells
    assert desk.text(".banner").startswith("Right label, wrong evidence: marked by Ana R.")
    desk.press("w")
    desk.drag((0.25, 0.8), (0.75, 0.8))
    desk.press("Enter")
    desk.wait_saved(2)
    assert share_at(mask_of(desk.api.rows[1]["region"]), 0.26, 0.49, 0.74, 0.51) == 1
    assert share_at(mask_of(desk.api.rows[1]["region"]), 0.26, 0.79, 0.74, 0.81) == 1


def test_a_half_brushed_mask_survives_a_reload(desk):
    desk.press("w")
    desk.drag((0.25, 0.5), (0.75, 0.5))
    cells = drawn(desk)
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    assert desk.text(".hud.note") == "A mask that was not saved is kept. W goes on with it."
    desk.press("w")
    assert drawn(desk) == cells


@pytest.mark.parametrize(
    ("size", "grid"), [((3000, 1000), (256, 85)), ((100, 60), (100, 60)), ((900, 2700), (85, 256))]
)
def test_the_grid_has_square_cells_and_at_most_256_a_side(open_desk, size, grid):
    desk = open_desk([item("a.png", width=size[0], height=size[1]), item("b.png")], settings("image_classification"))
    desk.api.items["a.png"].update(labels=["can"])
    visit(desk, desk.page.url, settings("image_classification"))
    desk.wait_painted("a.png")
    desk.press("w")
    desk.drag((0.4, 0.4), (0.6, 0.6))
    desk.press("Enter")
    desk.wait_saved(1)
    region = desk.api.rows[0]["region"]
    assert (region["width"], region["height"]) == grid
    assert sum(region["runs"]) == grid[0] * grid[1]


def test_the_photo_is_zoomed_by_the_wheel_while_it_is_brushed(desk):
    desk.press("w")
    desk.page.mouse.move(*desk.at(0.5, 0.5))
    desk.page.mouse.wheel(0, -600)
    desk.drag((0.5, 0.5), (0.52, 0.5))
    desk.press("Enter")
    desk.wait_saved(1)
    mask = mask_of(desk.api.rows[0]["region"])
    rows, columns = np.nonzero(mask)
    assert columns.mean() / 256 == pytest.approx(0.51, abs=0.01)
    assert rows.mean() / 192 == pytest.approx(0.5, abs=0.01)
