"""Figures of masks, beside pycocotools; on drawn outlines and on the masks of real photos."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from metrics.detection_figures import coco_figures, match_all
from metrics.detection_masks import has_mask, pair_masks
from metrics.detection_pairs import Objects, order_predictions
from tests.metrics.test_detection_figures import NAMES, figures_of
from tests.metrics.test_detection_figures import by_pycocotools as boxes_by_pycocotools

SIZES = [(320, 240), (200, 300), (333, 97)] * 10


def star(rng, centre, radius, points=9):
    angles = np.sort(rng.random(points)) * 2 * np.pi
    lengths = radius * (0.6 + 0.4 * rng.random(points))
    return np.stack([centre[0] + lengths * np.cos(angles), centre[1] + lengths * np.sin(angles)], axis=1)


def collect(rows):
    """(image, class, rings in fractions, score, crowd) -> `Objects`."""
    outlines = np.empty(len(rows), object)
    outlines[:] = [tuple(tuple(ring) for ring in row[2]) for row in rows]
    boxes = [
        (*(np.reshape(ring, (-1, 2)).min(0)), *(np.reshape(ring, (-1, 2)).max(0))) if ring else (0.1, 0.1, 0.2, 0.2)
        for ring in ([value for part in row[2] for value in part] for row in rows)
    ]
    return Objects(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array(boxes, dtype=float).reshape(-1, 4),
        np.array([row[3] for row in rows], dtype=float),
        np.array([row[4] for row in rows], bool),
        outlines,
    )


def draw(seed, *, crowds=0.0):
    """Labels and predictions: moved, of another class, of several parts, with no outline, over the edge."""
    rng = np.random.default_rng(seed)
    given, found = [], []
    for image in range(len(SIZES)):
        for _ in range(rng.integers(0, 5)):
            centre, kind = rng.random(2), int(rng.integers(3))
            rings = [star(rng, centre, rng.uniform(0.02, 0.3)) for _ in range(rng.choice([1, 1, 2]))]
            flat = [ring.ravel().tolist() for ring in rings]
            given.append((image, kind, flat, np.nan, rng.random() < crowds))
            for _ in range(rng.choice([0, 1, 1, 2])):
                moved = [(ring + rng.normal(0, 0.01, ring.shape) + rng.normal(0, 0.02, 2)).ravel() for ring in rings]
                said = kind if rng.random() < 0.8 else int(rng.integers(3))
                found.append((image, said, [ring.tolist() for ring in moved], 0.0, False))
        if rng.random() < 0.3:
            found.append((image, 0, [], 0.0, False))
    scores = rng.permutation(len(found)) / len(found) + 1e-4
    return collect(given), collect([(*row[:3], score, False) for row, score in zip(found, scores, strict=True)])


def described(objects, sizes):
    """As COCO has it, its own rasters and areas."""
    made = []
    for place in range(len(objects)):
        width, height = sizes[int(objects.images[place])]
        rings = [
            (np.clip(np.reshape(ring, (-1, 2)), 0, 1) * (width, height)).ravel() for ring in objects.outlines[place]
        ]
        empty = {"size": [height, width], "counts": [width * height]}
        made.append(
            {
                "id": place + 1,
                "image_id": int(objects.images[place]) + 1,
                "category_id": int(objects.classes[place]) + 1,
                "segmentation": [ring.tolist() for ring in rings] or empty,
                "iscrowd": int(objects.is_crowd[place]),
                "score": float(objects.scores[place]),
                "bbox": [0, 0, 1, 1],
                "area": 0.0,
            }
        )
    return made


def by_pycocotools(given, found, sizes, classes):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        images = [{"id": n, "width": size[0], "height": size[1]} for n, size in enumerate(sizes, start=1)]
        categories = [{"id": number + 1} for number in range(classes)]
        truth.dataset = {"images": images, "categories": categories, "annotations": described(given, sizes)}
        truth.createIndex()
        for each in truth.dataset["annotations"]:
            each["area"] = float(coco_mask.area(truth.annToRLE(each)))
        said = described(found, sizes)
        answers = COCO()
        answers.dataset = {"images": images, "categories": categories, "annotations": said}
        answers.createIndex()
        for each in said:
            each["segmentation"] = answers.annToRLE(each)
            each["area"] = float(coco_mask.area(each["segmentation"]))
        evaluation = COCOeval(truth, answers, "segm")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, evaluation.stats.tolist(), strict=True))


def figures(given, found, sizes, classes):
    given, found, pairs = pair_masks(given, order_predictions(found), sizes)
    made = coco_figures(given, found, pairs, match_all(given, found, pairs), classes=classes).values
    return {name: -1.0 if made[name] is None else made[name] for name in NAMES}


@pytest.mark.parametrize(("seed", "crowds"), [(0, 0.0), (1, 0.0), (2, 0.3)])
def test_all_twelve_of_masks_equal_pycocotools(seed, crowds):
    given, found = draw(seed, crowds=crowds)
    assert figures(given, found, SIZES, 3) == pytest.approx(by_pycocotools(given, found, SIZES, 3), abs=1e-9)


def test_masks_of_real_photos_equal_pycocotools():
    given, found, sizes, classes = perturbed_photos()
    made = figures(given, found, sizes, classes)
    assert made == pytest.approx(by_pycocotools(given, found, sizes, classes), abs=1e-9)
    assert 0.2 < made["AP"] < 0.95


def perturbed_photos():
    """The labels of COCO photos; predictions are these, moved, some lost, some of another class."""
    folder = os.environ.get("RELOOK_TEST_DATA")
    if not folder:
        pytest.skip("RELOOK_TEST_DATA names no folder of photos")
    document = json.loads(Path(folder, "coco_photos", "annotations", "instances_val2017.json").read_text())
    places = {image["id"]: place for place, image in enumerate(document["images"])}
    sizes = [(image["width"], image["height"]) for image in document["images"]]
    kinds = {each["id"]: number for number, each in enumerate(document["categories"])}
    rng = np.random.default_rng(4)
    given, found = [], []
    for part in sorted(document["annotations"], key=lambda each: places[each["image_id"]]):
        if part["iscrowd"]:
            continue
        image, kind = places[part["image_id"]], kinds[part["category_id"]]
        rings = [(np.reshape(ring, (-1, 2)) / sizes[image]) for ring in part["segmentation"]]
        given.append((image, kind, [ring.ravel().tolist() for ring in rings], np.nan, False))
        if rng.random() < 0.85:
            moved = [(ring + rng.normal(0, 0.004, 2)).ravel().tolist() for ring in rings]
            said = kind if rng.random() < 0.9 else int(rng.integers(len(kinds)))
            found.append((image, said, moved, float(rng.random()), False))
    return collect(given), collect(found), sizes, len(kinds)


def test_an_object_without_outline_is_never_found_and_one_image_at_a_time_is_reported():
    square = [[0.1, 0.1, 0.6, 0.1, 0.6, 0.6, 0.1, 0.6]]
    given = collect([(0, 0, square, np.nan, False), (2, 0, square, np.nan, False)])
    found = collect([(0, 0, [], 0.9, False), (2, 0, square, 0.8, False)])
    told = []
    _, said, pairs = pair_masks(given, found, [(10, 10)] * 3, report=lambda done, total: told.append((done, total)))
    assert (pairs.given.tolist(), pairs.found.tolist(), pairs.overlaps.tolist()) == ([1], [1], [1.0])
    assert said.areas.tolist() == [0.0, 25.0]
    assert told == [(0, 3), (3, 3)]
    assert not has_mask([[0.1, 0.1, 0.2, 0.2]])


def test_boxes_of_real_photos_equal_pycocotools():
    given, found, sizes, classes = perturbed_photos()
    given, found = (in_pixels(side, sizes) for side in (given, found))
    made = figures_of(given, found, classes=classes).values
    wanted = boxes_by_pycocotools(given, found, images=len(sizes), classes=classes)
    assert {name: -1.0 if made[name] is None else made[name] for name in NAMES} == pytest.approx(wanted, abs=1e-9)


def in_pixels(side, sizes):
    return replace(side, boxes=side.boxes * np.tile(np.array(sizes, dtype=float)[side.images], 2), outlines=None)
