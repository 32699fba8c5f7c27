"""Figures beside those of torchmetrics, on drawn answers and with classes that nobody labels or predicts."""

import numpy as np
import pytest
import torch
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassAUROC,
    MulticlassCalibrationError,
    MulticlassF1Score,
    MulticlassPrecision,
    MulticlassRecall,
    MulticlassSpecificity,
    MultilabelAveragePrecision,
    MultilabelExactMatch,
    MultilabelHammingDistance,
)
from torchmetrics.detection import MeanAveragePrecision

from metrics.classification import score_multiclass, score_multilabel
from metrics.classification_calibration import measure_reliability
from metrics.classification_curves import area_under_roc, top_k_accuracy
from metrics.detection_figures import coco_figures, match_all
from metrics.detection_pairs import Objects, order_predictions, pair_boxes
from tests.metrics.random_objects import draw_objects

CLASSES, IMAGES = 5, 400
NAMES = [f"c{place}" for place in range(CLASSES)]


@pytest.fixture(scope="module")
def answers():
    """Labels and scores of one class an image; every label is also predicted, and every prediction labelled."""
    rng = np.random.default_rng(3)
    labels = rng.integers(CLASSES, size=IMAGES)
    scores = rng.dirichlet(np.ones(CLASSES), IMAGES)
    scores[np.arange(IMAGES), labels] += rng.random(IMAGES)
    return labels, scores / scores.sum(axis=1, keepdims=True)


def told_by(metric, labels, scores):
    return metric(torch.from_numpy(scores), torch.from_numpy(labels))


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("precision", MulticlassPrecision),
        ("recall", MulticlassRecall),
        ("f1", MulticlassF1Score),
        ("specificity", MulticlassSpecificity),
    ],
)
def test_rates_of_each_class(answers, name, metric):
    labels, scores = answers
    own = score_multiclass([NAMES[each] for each in labels], [NAMES[each] for each in scores.argmax(axis=1)])
    told = told_by(metric(CLASSES, average="none"), labels, scores)
    assert [getattr(each, name) for each in own.classes] == pytest.approx(told.tolist(), abs=1e-6)


def test_accuracy_top_two_calibration_and_area_under_roc(answers):
    labels, scores = answers
    own = score_multiclass([NAMES[each] for each in labels], [NAMES[each] for each in scores.argmax(axis=1)])
    assert own.accuracy == pytest.approx(float(told_by(MulticlassAccuracy(CLASSES, average="micro"), labels, scores)))
    top_two = told_by(MulticlassAccuracy(CLASSES, average="micro", top_k=2), labels, scores)
    assert top_k_accuracy(labels, scores, 2) == pytest.approx(float(top_two))
    reliability = measure_reliability(scores.max(axis=1), scores.argmax(axis=1) == labels)
    told = told_by(MulticlassCalibrationError(CLASSES, n_bins=10, norm="l1"), labels, scores)
    assert reliability.error == pytest.approx(float(told), abs=1e-6)
    areas = [area_under_roc(labels == place, scores[:, place]) for place in range(CLASSES)]
    assert areas == pytest.approx(told_by(MulticlassAUROC(CLASSES, average="none"), labels, scores).tolist(), abs=1e-6)


def test_several_classes_an_image():
    rng = np.random.default_rng(4)
    given, scores = rng.random((IMAGES, CLASSES)) < 0.4, rng.random((IMAGES, CLASSES)).round(2)
    own = score_multilabel(
        [[NAMES[place] for place in np.flatnonzero(row)] for row in given],
        [dict(zip(NAMES, row.tolist(), strict=True)) for row in scores],
    )
    said, known = torch.from_numpy(scores), torch.from_numpy(given).int()
    # torchmetrics counts a score of exactly 0.5 as not predicted
    at = 0.5 - 1e-9
    assert own.subset_accuracy == pytest.approx(float(MultilabelExactMatch(CLASSES, threshold=at)(said, known)))
    assert own.hamming_loss == pytest.approx(float(MultilabelHammingDistance(CLASSES, threshold=at)(said, known)))
    precise = MultilabelAveragePrecision(CLASSES, average="none")(said, known)
    assert [each.average_precision for each in own.classes] == pytest.approx(precise.tolist(), abs=1e-6)


def test_mean_average_precision_of_boxes():
    given, found = draw_objects(1)
    found = order_predictions(found)
    pairs = pair_boxes(given, found)
    own = coco_figures(given, found, pairs, match_all(given, found, pairs), classes=4).values
    metric = MeanAveragePrecision(backend="pycocotools")
    images = range(1 + int(max(given.images.max(), found.images.max())))
    metric.update([described(found, image) for image in images], [described(given, image) for image in images])
    told = metric.compute()
    # by size its figures differ in the fourth digit: it measures predictions in float32
    names = {"AP": "map", "AP50": "map_50", "AP75": "map_75", "AR100": "mar_100"}
    assert [own[name] for name in names] == pytest.approx([float(told[name]) for name in names.values()], abs=1e-6)


def described(objects: Objects, image: int) -> dict[str, torch.Tensor]:
    own = objects.images == image
    return {
        "boxes": torch.from_numpy(objects.boxes[own]).float(),
        "labels": torch.from_numpy(objects.classes[own]),
        "scores": torch.from_numpy(objects.scores[own]).float(),
        "iscrowd": torch.from_numpy(objects.is_crowd[own]).int(),
        "area": torch.from_numpy(objects.areas[own]).float(),
    }
