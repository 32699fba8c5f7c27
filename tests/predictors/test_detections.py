from __future__ import annotations

import pytest
import torch

from domain.errors import ModelError
from domain.prediction import Instances
from predictors.detections import parse_detections

OUTPUTS = {1: "cat", 2: "dog"}


def parse(boxes: list[list[float]], labels: list[int], scores: list[float]) -> Instances:
    found = {"boxes": torch.tensor(boxes), "labels": torch.tensor(labels), "scores": torch.tensor(scores)}
    return parse_detections(found, size=(200, 100), outputs=OUTPUTS, has_masks=False)


def test_boxes_become_fractions_highest_score_first() -> None:
    found = parse([[20, 10, 60, 50], [0, 0, 200, 100]], [1, 2], [0.25, 0.75])
    assert [(item.instance_id, item.label, item.score) for item in found.items] == [
        ("p0", "dog", 0.75),
        ("p1", "cat", 0.25),
    ]
    assert found.items[1].box.as_tuple() == pytest.approx((0.1, 0.1, 0.3, 0.5))


def test_boxes_that_reach_out_are_clipped() -> None:
    [item] = parse([[-5, -5, 500, 50]], [1], [0.9]).items
    assert item.box.as_tuple() == (0, 0, 1, 0.5)


@pytest.mark.parametrize(
    ("box", "label", "score"),
    [
        ([10, 10, 10, 50], 1, 0.9),
        ([60, 10, 20, 50], 1, 0.9),
        ([300, 10, 400, 50], 1, 0.9),
        ([float("nan"), 10, 20, 50], 1, 0.9),
        ([10, 10, float("inf"), 50], 1, 0.9),
        ([10, 10, 20, 50], 1, 0.049),
        ([10, 10, 20, 50], 1, float("nan")),
        ([10, 10, 20, 50], 0, 0.9),
        ([10, 10, 20, 50], 3, 0.9),
    ],
)
def test_what_is_no_object_is_left_out(box: list[float], label: int, score: float) -> None:
    found = parse([box, [0, 0, 50, 50]], [label, 1], [score, 0.5])
    assert [item.instance_id for item in found.items] == ["p0"]
    assert found.items[0].score == 0.5


def test_at_most_100_objects_are_kept() -> None:
    assert len(parse([[0, 0, 50, 50]] * 150, [1] * 150, [0.5] * 150).items) == 100


def test_nothing_found_is_an_answer() -> None:
    empty = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.long), "scores": torch.zeros(0)}
    assert parse_detections(empty, size=(9, 9), outputs=OUTPUTS, has_masks=False) == Instances()


def test_masks_become_polygons_and_an_empty_mask_leaves_the_box() -> None:
    masks = torch.zeros(2, 1, 100, 200)
    masks[1, 0, 20:40, 50:100] = 1
    found = {
        "boxes": torch.tensor([[0.0, 0, 10, 10], [50, 20, 100, 40]]),
        "labels": torch.tensor([1, 2]),
        "scores": torch.tensor([0.9, 0.8]),
        "masks": masks,
    }
    first, second = parse_detections(found, size=(200, 100), outputs=OUTPUTS, has_masks=True).items
    assert first.polygons == ()
    [ring] = second.polygons
    assert min(ring[0::2]) == pytest.approx(0.25, abs=0.005)
    assert max(ring[1::2]) == pytest.approx(0.4, abs=0.005)


def test_a_missing_entry_is_named() -> None:
    with pytest.raises(ModelError, match="without 'labels'; it answers boxes"):
        parse_detections({"boxes": torch.zeros(0, 4)}, size=(9, 9), outputs=OUTPUTS, has_masks=False)
