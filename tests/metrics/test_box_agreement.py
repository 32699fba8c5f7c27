import pytest

from domain.geometry import Box
from domain.prediction import Instance, Instances
from metrics.box_agreement import box_agreement, match_boxes


def drawn(*objects):
    """Objects as (class, left, right), all of one height."""
    items = (Instance(str(at), name, Box(left, 0, right, 1)) for at, (name, left, right) in enumerate(objects))
    return Instances(tuple(items))


def test_objects_are_paired_by_overlap():
    first = [Box(0, 0, 0.4, 1), Box(0.5, 0, 0.9, 1)]
    second = [Box(0.5, 0, 0.8, 1), Box(0, 0, 0.4, 1), Box(0, 0.9, 1, 1)]

    assert match_boxes(first, second) == [(0, 1, 1.0), (1, 0, pytest.approx(0.75))]


def test_pairing_is_best_as_a_whole():
    # The first box of each overlaps best, but taking that pair would leave the other two alone.
    first = [Box(0, 0, 10, 1), Box(3, 0, 13, 1)]
    second = [Box(1, 0, 11, 1), Box(-2, 0, 8, 1)]

    assert [(i, j) for i, j, _ in match_boxes(first, second)] == [(0, 1), (1, 0)]


def test_boxes_that_hardly_touch_are_no_pair():
    assert match_boxes([Box(0, 0, 1, 1)], [Box(0.6, 0, 1.6, 1)]) == []
    assert match_boxes([], [Box(0, 0, 1, 1)]) == match_boxes([Box(0, 0, 1, 1)], []) == []


def test_two_people_on_two_images_worked_by_hand():
    ana = [drawn(("can", 0, 0.4), ("milk", 0.5, 0.9)), drawn(("can", 0, 1))]
    ben = [drawn(("can", 0, 0.4), ("can", 0.5, 0.8)), drawn()]

    agreement = box_agreement(list(zip(ana, ben, strict=True)))

    assert agreement is not None
    assert agreement.found.value == pytest.approx((1 + 0) / 2)
    assert agreement.overlap.value == pytest.approx((1 + 0.75) / 2)
    assert (agreement.same_class.value, agreement.same_class.n) == (0.5, 2)
    assert 0 <= agreement.found.low <= agreement.found.high <= 1


def test_of_three_people_every_two_are_compared():
    can = drawn(("can", 0, 1))

    agreement = box_agreement([[can, can, drawn()]])

    assert agreement is not None
    assert (agreement.found.value, agreement.found.n) == (pytest.approx(1 / 3), 3)


def test_two_people_who_both_see_nothing_agree():
    agreement = box_agreement([[drawn(), drawn()]])

    assert agreement is not None
    assert (agreement.found.value, agreement.overlap, agreement.same_class) == (1, None, None)
    assert box_agreement([]) is box_agreement([[drawn()]]) is None
