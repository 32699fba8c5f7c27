"""Each usual key at two zooms, on a plain photo and on one that its EXIF orientation turns, in light and dark."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.components.annotator.conftest import DeskPage, settings
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.key_checks import (
    COLOURS,
    HOLE,
    RING,
    SIDES,
    Act,
    adds_a_point,
    adds_what_is_missing,
    adjusts,
    brushes,
    cancels,
    changes_opacity,
    chooses_a_point,
    chooses_between_two,
    compares,
    copies,
    copies_the_link,
    decides,
    deletes,
    deletes_a_segment,
    draws_a_box,
    draws_a_polygon,
    draws_a_segment,
    edits,
    fits,
    goes_back,
    goes_on,
    grows,
    hides,
    latches,
    moves,
    objects,
    opens,
    pans,
    peeks,
    pressed,
    redoes,
    repeats,
    resizes_the_brush,
    searches_classes,
    selects,
    sets_the_class,
    shows_actual_size,
    shows_as_it_is,
    takes_the_object,
    takes_the_prediction,
    undoes,
    writes,
    zooms,
)

pytestmark = pytest.mark.browser


# ---- deciding


# ---- classes


# ---- going


# ---- looking


# ---- objects


# ---- points


FOUND = [obj("found", [0.6, 0.4, 0.65, 0.45], score=0.8)]

KEYS: dict[str, Act] = {
    "Enter": partial(decides, verdict="accept"),
    "Space": partial(decides, verdict="accept"),
    "X": partial(decides, verdict="reject", then=("2",), said="Image unusable"),
    "S": partial(decides, verdict="skip"),
    "F": partial(writes, verdict="flag"),
    "N": partial(writes, verdict="resolve"),
    "K": partial(writes, verdict="send_back"),
    "W": brushes,
    "[": partial(resizes_the_brush, sign=-1),
    "]": partial(resizes_the_brush, sign=1),
    "O": takes_the_object,
    "Y": chooses_between_two,
    "Ctrl+Z": undoes,
    "Ctrl+Shift+Z": redoes,
    "Ctrl+Y": redoes,
    **dict.fromkeys("1234567890", sets_the_class),
    "/": searches_classes,
    "M": takes_the_prediction,
    "Shift+M": adds_what_is_missing,
    "A": goes_back,
    "D": goes_on,
    "Left": goes_back,
    "Right": goes_on,
    "Z": peeks,
    "Shift+Z": latches,
    ",": partial(changes_opacity, sign=-1),
    ".": partial(changes_opacity, sign=1),
    "V": hides,
    "L": compares,
    **dict.fromkeys("+=", partial(zooms, factor=1.25)),
    **dict.fromkeys("-_", partial(zooms, factor=0.8)),
    "Shift+0": fits,
    "Shift+1": shows_actual_size,
    **dict.fromkeys((f"Ctrl+Shift+{side}" for side in SIDES), pans),
    "U": partial(adjusts, said="Brightness +"),
    "Shift+U": partial(adjusts, said="Brightness −"),
    "C": partial(adjusts, said="Contrast +"),
    "Shift+C": partial(adjusts, said="Contrast −"),
    "G": partial(adjusts, said="Gamma 1"),
    "Shift+G": partial(adjusts, said="Gamma 0"),
    "Q": shows_as_it_is,
    "Tab": partial(selects, ids="two"),
    "Shift+Tab": partial(selects, ids="ring"),
    "B": draws_a_box,
    "P": draws_a_polygon,
    "E": edits,
    "R": repeats,
    "Delete": deletes,
    "Backspace": deletes,
    "Ctrl+C": partial(copies, then="Control+v"),
    "Ctrl+V": copies,
    **dict.fromkeys(("Up", "Down"), partial(moves, pixels=1)),
    **dict.fromkeys((f"Shift+{side}" for side in SIDES), partial(moves, pixels=10)),
    **dict.fromkeys((f"Alt+{side}" for side in SIDES), partial(grows, pixels=1)),
    **dict.fromkeys((f"Alt+Shift+{side}" for side in SIDES), partial(grows, pixels=10)),
    "Ctrl+A": partial(selects, ids="one two ring"),
    "Shift+A": partial(selects, first=("Tab", "Tab"), ids="one ring"),
    "Ctrl+Down": partial(selects, first=("Tab",), ids="one two"),
    "Ctrl+Up": partial(selects, first=("Shift+Tab",), ids="one ring"),
    "Shift+P": draws_a_segment,
    "Shift+Delete": deletes_a_segment,
    "Shift+Backspace": deletes_a_segment,
    "T": partial(chooses_a_point, left=RING[2:]),
    "Shift+T": partial(chooses_a_point, left=RING[:-2]),
    "I": adds_a_point,
    "J": partial(opens, part=".files"),
    "Shift+L": copies_the_link,
    "H": partial(opens, part=".history"),
    "Escape": cancels,
    "?": partial(opens, part=".help"),
}
"""Usual key -> presses it and checks what came of it."""

NEEDS: dict[str, dict[str, Any]] = {
    "N": {"status": "flag", "decision_id": "flagged", "decided_by": "Ben K."},
    **{key: {"source": "label", "predictions": FOUND} for key in ("M", "Shift+M", "L")},
    **{key: {"objects": objects(polygons=[RING, HOLE])} for key in ("Shift+Delete", "Shift+Backspace")},
}
"""What the image must hold besides for some of them."""


# ---- the matrix

ZOOMS = (0, 3)
TASK = "image_instance_segmentation"
AGAIN = "() => { window.unmount(); localStorage.clear(); sessionStorage.clear(); window.seen = []; }"
TABLE = "import('/static/keys.js').then(({ bindingsByKey }) => [...bindingsByKey().keys()])"
PHOTOS: dict[str, dict[str, Any]] = {
    "plain": {"width": 400, "height": 300},
    "turned": {"is_turned": True, "width": 360, "height": 400},
}


def images(key: str, kind: str) -> list[dict[str, Any]]:
    photo = PHOTOS[kind]
    return [item("a.png", **{"objects": objects(), **photo, **NEEDS.get(key, {})}), item("b.png", **photo)]


def begin(desk: DeskPage, key: str, kind: str, *, zoom: int) -> None:
    """The desk anew, as if nobody had ever been here."""
    desk.page.evaluate(AGAIN)
    api = desk.api
    for kept in (api.rows, api.posts, api.map_requests, api.conflicts):
        kept.clear()
    api.items = {known["image_id"]: known for known in images(key, kind)}
    desk.mount(settings(TASK, classes=COLOURS, role="lead"))
    desk.wait_painted("a.png")
    desk.press(*["+"] * zoom)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", PHOTOS)
def test_every_key_does_what_it_is_for(open_desk, kind, is_dark):
    desk = open_desk(images("", kind), settings(TASK), dark=is_dark)
    desk.wait_painted("a.png")
    failed: dict[tuple[str, int], str] = {}
    for key, act in KEYS.items():
        for zoom in ZOOMS:
            begin(desk, key, kind, zoom=zoom)
            try:
                act(desk, pressed(key))
            except Exception as error:  # noqa: BLE001  the others are told as well
                failed[key, zoom] = f"{type(error).__name__}: {error}"[:300]
    assert not failed, "\n".join(f"{key} at zoom {zoom}: {why}" for (key, zoom), why in failed.items())


def test_no_key_of_the_table_is_left_out(open_desk):
    desk = open_desk()
    desk.wait_painted("shelf/0.png")
    assert set(desk.page.evaluate(TABLE)) == set(KEYS)
