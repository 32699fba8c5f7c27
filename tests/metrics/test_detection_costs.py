import numpy as np
import pytest

from metrics.detection_costs import Fault, find_costs
from metrics.detection_figures import match_all
from metrics.detection_pairs import Objects, order_predictions, pair_boxes
from tests.metrics.random_objects import draw_objects

BY_TIDE = {
    0: {
        "mAP": 0.381143104964,
        Fault.CLASSIFICATION: (26, 0.173995683802),
        Fault.LOCALISATION: (4, 0.040899211845),
        Fault.BOTH: (2, 0.008582807598),
        Fault.DUPLICATE: (20, 0.008559782462),
        Fault.BACKGROUND: (68, 0.125119786946),
        Fault.MISSED: (21, 0.072398864097),
    },
    2: {
        "mAP": 0.447461160459,
        Fault.CLASSIFICATION: (16, 0.119514279547),
        Fault.LOCALISATION: (6, 0.029276674992),
        Fault.BOTH: (5, 0.012566971049),
        Fault.DUPLICATE: (17, 0.021079608659),
        Fault.BACKGROUND: (53, 0.133292359599),
        Fault.MISSED: (17, 0.074641492223),
    },
    3: {
        "mAP": 0.432634107881,
        Fault.CLASSIFICATION: (23, 0.136719646917),
        Fault.LOCALISATION: (2, 0.005461687473),
        Fault.BOTH: (3, 0.002809497694),
        Fault.DUPLICATE: (23, 0.027809001383),
        Fault.BACKGROUND: (59, 0.127316440102),
        Fault.MISSED: (30, 0.094448856791),
    },
}
"""What tidecv 1.0.1 says of `draw_objects(seed)`: the kinds of errors, and what mending each gains."""


def things(*rows):
    """Objects of (image, class, left) with a score where there is a fourth number; each is 100 x 100 pixels."""
    boxes = np.array([[row[2], 0, row[2] + 100, 100] for row in rows], dtype=float).reshape(-1, 4)
    scores = np.array([row[3] if len(row) > 3 else np.nan for row in rows], dtype=float)
    parts = [np.array([row[place] for row in rows], dtype=np.int64) for place in (0, 1)]
    return Objects(*parts, boxes, scores, np.zeros(len(rows), bool))


def costs_of(given, found, *, classes=2):
    found = order_predictions(found)
    pairs = pair_boxes(given, found)
    return find_costs(given, found, pairs, match_all(given, found, pairs), classes=classes)


@pytest.mark.parametrize("seed", BY_TIDE)
def test_kinds_and_gains_equal_tide(seed):
    made = costs_of(*draw_objects(seed), classes=4)

    assert made.mean_ap == pytest.approx(BY_TIDE[seed]["mAP"])
    for kind in Fault:
        assert (len(made.faults[kind]), made.gains[kind]) == pytest.approx(BY_TIDE[seed][kind], abs=1e-9)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ((0, 1, 0, 0.9), Fault.CLASSIFICATION),
        ((0, 0, 60, 0.9), Fault.LOCALISATION),
        ((0, 1, 60, 0.9), Fault.BOTH),
        ((0, 0, 400, 0.9), Fault.BACKGROUND),
        ((0, 0, 5, 0.4), Fault.DUPLICATE),
    ],
)
def test_each_kind_is_told_by_place_and_class(found, kind):
    first = [(0, 0, 0, 0.5)] if kind is Fault.DUPLICATE else []
    made = costs_of(things((0, 0, 0)), things(*first, found))
    assert [each for each in Fault if each is not Fault.MISSED and len(made.faults[each])] == [kind]
    assert made.images[kind].tolist() == [0]


def test_a_label_that_nothing_comes_near_is_missed_and_its_image_is_told():
    made = costs_of(things((0, 0, 0), (3, 0, 0)), things((0, 0, 0, 0.9)))
    assert made.images[Fault.MISSED].tolist() == [3]
    assert made.gains[Fault.MISSED] == pytest.approx(1 - 51 / 101)


def test_a_crowd_is_neither_missed_nor_a_fault():
    crowd = things((0, 0, 0))
    crowd = Objects(crowd.images, crowd.classes, crowd.boxes, crowd.scores, np.array([True]))
    made = costs_of(crowd, things((0, 0, 0, 0.9)))
    assert sum(len(places) for places in made.faults.values()) == 0


def test_nothing_labelled_has_no_gain_and_nothing_predicted_misses_all():
    nothing = things()
    made = costs_of(nothing, things((0, 0, 0, 0.9)))
    assert (made.mean_ap, set(made.gains.values())) == (None, {None})
    assert len(made.faults[Fault.BACKGROUND]) == 1
    missed = costs_of(things((0, 0, 0), (1, 1, 0)), nothing)
    assert (missed.mean_ap, len(missed.faults[Fault.MISSED])) == (0.0, 2)
    assert costs_of(nothing, nothing, classes=0).mean_ap is None
