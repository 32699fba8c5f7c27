from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import LimitError
from domain.geometry import Box, Segment
from domain.prediction import Instance
from formats.base import Loss, Losses, outlines
from formats.base.masks import fill, fill_any, has_holes
from formats.base.outlines import fit_outline

SIZE = (40, 30)
SQUARE = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)
HOLE = (0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.2, 0.4)
SPECK = (0.7, 0.7, 0.7001, 0.7, 0.7001, 0.7001)

edges = st.integers(0, 20).map(lambda number: number / 20)
rings = st.lists(st.tuples(edges, edges), min_size=1, max_size=6).map(
    lambda points: tuple(value for point in points for value in point)
)


def fit(*polygons: Segment) -> tuple[Instance, Losses]:
    losses = Losses()
    return fit_outline(Instance("a", "can", Box(0, 0, 1, 1), polygons=polygons), SIZE, losses, "here"), losses


def test_a_hole_goes_and_everything_else_stays_as_it_is() -> None:
    item, losses = fit(HOLE, SPECK, SQUARE)
    assert item.polygons == (SPECK, SQUARE)
    assert item.box == Box(0.1, 0.1, 0.7001, 0.7001)
    assert losses.counts == {Loss.HOLES: 1}


def test_rings_are_opened_without_a_word() -> None:
    item, losses = fit((*SQUARE, *SQUARE[:2]))
    assert item.polygons == (SQUARE,)
    assert losses.counts == {}


@pytest.mark.parametrize("ring", [(0.1, 0.2), (0.1, 0.1, 0.2, 0.2, 0.3, 0.3), (0.1, 0.2, 0.3)])
def test_rings_without_an_area_go(ring: Segment) -> None:
    item, losses = fit(ring)
    assert (item.polygons, item.box) == ((), Box(0, 0, 1, 1))
    assert losses.counts == {Loss.POLYGONS: 1}
    assert fit(ring, SQUARE)[0].polygons == (SQUARE,)


def test_outlines_that_cannot_be_compared_leave_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise LimitError("Too fine.")

    monkeypatch.setattr(outlines, "has_holes", refuse)
    item, losses = fit(SQUARE, HOLE)
    assert item.polygons == ()
    assert losses.counts == {Loss.POLYGONS: 1}


@settings(max_examples=150)
@given(st.lists(rings, min_size=1, max_size=4))
def test_what_is_left_has_no_holes_covers_the_union_and_is_done_at_once(polygons: list[Segment]) -> None:
    item, losses = fit(*polygons)
    width, height = SIZE
    assert not has_holes(item.polygons, height, width)
    if Loss.POLYGONS not in losses.counts:
        union = fill_any(polygons, height, width).to_mask()
        assert np.all(fill(item.polygons, height, width).to_mask() >= union)
    again = Losses()
    assert fit_outline(item, SIZE, again, "here") == item
    assert again.counts == {}
