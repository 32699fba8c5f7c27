"""The figures made of matches, beside pycocotools."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from metrics.bootstrap import estimate
from metrics.detection_curves import PrecisionCounter, raw_curve
from metrics.detection_figures import coco_figures, drawn_precision, match_all
from metrics.detection_pairs import Objects, order_predictions, pair_boxes
from tests.metrics.random_objects import draw_objects

NAMES = (
    "AP",
    "AP50",
    "AP75",
    "APsmall",
    "APmedium",
    "APlarge",
    "AR1",
    "AR10",
    "AR100",
    "ARsmall",
    "ARmedium",
    "ARlarge",
)


def described(objects: Objects) -> list[dict]:
    return [
        {
            "id": place + 1,
            "image_id": int(objects.images[place]) + 1,
            "category_id": int(objects.classes[place]) + 1,
            "bbox": [*objects.boxes[place][:2], *(objects.boxes[place][2:] - objects.boxes[place][:2])],
            "area": float(objects.areas[place]),
            "iscrowd": int(objects.is_crowd[place]),
            "score": float(objects.scores[place]),
        }
        for place in range(len(objects))
    ]


def by_pycocotools(given: Objects, found: Objects, *, images: int, classes: int) -> dict[str, float]:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": number + 1} for number in range(images)],
            "categories": [{"id": number + 1} for number in range(classes)],
            "annotations": described(given),
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(described(found)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, evaluation.stats.tolist(), strict=True))


def figures_of(given: Objects, found: Objects, *, classes: int):
    found = order_predictions(found)
    pairs = pair_boxes(given, found)
    return coco_figures(given, found, pairs, match_all(given, found, pairs), classes=classes)


@pytest.mark.parametrize(("seed", "crowds"), [(0, 0.0), (1, 0.0), (2, 0.2), (3, 0.5)])
def test_all_twelve_equal_pycocotools(seed, crowds):
    given, found = draw_objects(seed, crowds=crowds)
    wanted = by_pycocotools(given, found, images=60, classes=4)

    made = figures_of(given, found, classes=4).values
    assert {name: -1.0 if made[name] is None else made[name] for name in NAMES} == pytest.approx(wanted, abs=1e-9)


def test_crowded_images_where_many_boxes_claim_the_same_label_equal_pycocotools():
    rng = np.random.default_rng(5)
    boxes = np.concatenate([rng.random((60, 2)) * 12, 50 + rng.random((60, 2)) * 12], axis=1)
    images = np.sort(rng.integers(3, size=60))
    given = Objects(images, np.zeros(60, int), boxes, np.full(60, np.nan), np.zeros(60, bool))
    found = Objects(images, np.zeros(60, int), boxes[::-1], rng.permutation(60) / 60, np.zeros(60, bool))

    made = figures_of(given, found, classes=1).values
    wanted = by_pycocotools(given, found, images=3, classes=1)
    assert [made[name] for name in ("AP", "AP50", "AP75", "AR100")] == pytest.approx(
        [wanted[name] for name in ("AP", "AP50", "AP75", "AR100")]
    )


def test_only_the_first_hundred_of_a_class_and_image_count():
    given, found = draw_objects(7, images=2, classes=1)
    many = Objects(
        *(
            np.concatenate([part] * 80)
            for part in (found.images, found.classes, found.boxes, found.scores, found.is_crowd)
        )
    )
    assert len(order_predictions(many)) == 200
    assert set(np.bincount(order_predictions(many).images).tolist()) == {100}
    assert len(given)


def test_nothing_labelled_and_nothing_predicted_are_undefined_and_zero():
    given, found = draw_objects(1)
    nothing = given.take(np.zeros(len(given), bool))
    assert set(figures_of(nothing, found, classes=4).values.values()) == {None}
    assert set(figures_of(nothing, nothing, classes=0).values.values()) == {None}
    empty = found.take(np.zeros(len(found), bool))
    assert figures_of(given, empty, classes=4).values["AP"] == 0.0
    assert figures_of(given, empty, classes=4).values["AR100"] == 0.0


def test_all_wrong_is_zero_and_the_labels_themselves_are_perfect():
    given, _ = draw_objects(2)
    right = Objects(given.images, given.classes, given.boxes, np.linspace(1, 0, len(given)), given.is_crowd)
    swapped = Objects(given.images, (given.classes + 1) % 4, given.boxes + 500, right.scores, given.is_crowd)
    assert figures_of(given, right, classes=4).values["AP"] == pytest.approx(1.0)
    assert figures_of(given, swapped, classes=4).values["AP"] == 0.0


def test_a_score_that_is_no_number_is_left_out():
    given, found = draw_objects(3)
    scores = np.append(found.scores, np.nan)
    more = Objects(
        np.append(found.images, 0),
        np.append(found.classes, 0),
        np.concatenate([found.boxes, found.boxes[:1]]),
        scores,
        np.append(found.is_crowd, False),
    )
    assert figures_of(given, more, classes=4).values == figures_of(given, found, classes=4).values


def test_a_curve_ends_at_the_recall_of_the_class():
    given, found = draw_objects(4)
    found = order_predictions(found)
    pairs = pair_boxes(given, found)
    matches = match_all(given, found, pairs)
    counter = PrecisionCounter(given, found, matches, classes=4)
    recall, precision, scores = raw_curve(counter, 2)

    mine = given.classes == 2
    assert recall[-1] == pytest.approx(np.isin(np.flatnonzero(mine), matches.partner[0]).mean())
    assert (np.diff(recall) >= 0).all()
    assert (np.diff(scores) <= 0).all()
    assert precision[0] in (0.0, 1.0)


def test_drawn_images_scatter_about_the_figure_and_a_difference_of_nothing_is_none():
    given, found = draw_objects(6)
    found = order_predictions(found)
    pairs = pair_boxes(given, found)
    counter = PrecisionCounter(given, found, match_all(given, found, pairs), classes=4)
    value = float(counter.mean_precision()[0])
    one, other = drawn_precision([counter, counter], 60, draws=200)

    made = estimate(value, one[:, 0], 60)
    assert made.low < value < made.high
    assert np.array_equal(one, other)
    assert np.allclose(counter.mean_precision(np.ones(60)), counter.mean_precision())
