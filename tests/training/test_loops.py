"""Both training loops learn something tiny, repeatably, and leave the model ready for use."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from domain.errors import Cancelled
from domain.geometry import Box
from domain.prediction import Instance, Instances
from training.augmentation import vary_colour
from training.classification import classification_loss, classify, fit_classifier
from training.dense import cell_centres, fit_dense, label_pixels
from training.detection import detection_target, fit_detector, mirror
from training.loop import Schedule, batches, parameter_groups

MEAN = STD = (0.5, 0.5, 0.5)


def tiny_classifier(outputs: int) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, outputs),
    )


def coloured_images(count: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Red, green and blue noise, and which is which."""
    rng = np.random.default_rng(0)
    targets = np.arange(count, dtype=np.int64) % 3
    images = rng.integers(0, 60, (count, 16, 12, 3), dtype=np.uint8)
    images[np.arange(count), :, :, targets] += 150
    return images, targets


def test_a_classifier_learns_one_class_an_image() -> None:
    images, targets = coloured_images()
    module = tiny_classifier(3)
    losses = fit_classifier(module, images, targets, mean=MEAN, std=STD, schedule=Schedule(12, 8, 2e-2))
    assert len(losses) == 12
    assert losses[-1] < 0.6 * losses[0]
    assert not module.training
    assert (classify(module, images, mean=MEAN, std=STD).argmax(1) == targets).mean() > 0.9


def test_a_classifier_learns_any_number_of_classes() -> None:
    images, targets = coloured_images()
    present = np.eye(3, dtype=np.float32)[targets]
    module = tiny_classifier(3)
    losses = fit_classifier(module, images, present, mean=MEAN, std=STD, schedule=Schedule(12, 8, 2e-2))
    assert losses[-1] < 0.7 * losses[0]


def test_the_same_seed_learns_the_same_weights() -> None:
    images, targets = coloured_images(8)
    states = []
    for _ in range(2):
        module = tiny_classifier(3)
        fit_classifier(module, images, targets, mean=MEAN, std=STD, schedule=Schedule(2, 4, seed=3))
        states.append(module.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_training_tells_its_steps_and_stops_when_asked() -> None:
    images, targets = coloured_images(8)
    seen: list[tuple[int, int]] = []

    def stop_at_second(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        fit_classifier(
            tiny_classifier(3), images, targets, mean=MEAN, std=STD, schedule=Schedule(2, 4), report=stop_at_second
        )
    assert seen == [(1, 4), (2, 4)]


def test_an_epoch_visits_every_image_once_and_few_images_make_one_batch() -> None:
    rng = np.random.default_rng(0)
    assert sorted(np.concatenate(list(batches(12, Schedule(1, 4), rng)))) == list(range(12))
    assert [len(batch) for batch in batches(3, Schedule(2, 8), rng)] == [3, 3]


def test_biases_and_normalisation_are_not_decayed() -> None:
    decayed, free = parameter_groups(tiny_classifier(3), 0.1)
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)
    assert [len(group["params"]) for group in (decayed, free)] == [2, 4]


def test_label_smoothing_takes_certainty_away() -> None:
    sure = torch.tensor([[9.0, -9.0]])
    for target in (torch.tensor([0]), torch.tensor([[1.0, 0.0]])):
        assert classification_loss(sure, target, smoothing=0.2) > classification_loss(sure, target, smoothing=0.0) + 0.5


def test_colours_vary_and_stay_colours() -> None:
    rng = np.random.default_rng(0)
    image = rng.random((8, 6, 3), dtype=np.float32)
    varied = vary_colour(rng, image)
    assert varied.dtype == np.float32
    assert varied.min() >= 0
    assert varied.max() <= 1
    assert 0.01 < np.abs(varied - image).mean() < 0.3


BOX = Box(0.25, 0.5, 0.75, 1.0)


def test_a_target_is_in_pixels_with_classes_from_one() -> None:
    triangle = Instance("a", "milk", BOX, polygons=((0.25, 1.0, 0.75, 1.0, 0.25, 0.5),))
    target = detection_target(Instances((triangle, Instance("b", "can", BOX))), (40, 20), classes=("can", "milk"))
    assert target["labels"].tolist() == [2, 1]
    assert target["boxes"].tolist() == [[5, 20, 15, 40]] * 2
    assert target["masks"].shape == (2, 40, 20)
    assert target["masks"][1].sum().item() == pytest.approx(200, abs=35)
    assert target["masks"][0].sum().item() == pytest.approx(100, abs=25)
    assert target["masks"][0, 38, 6] == 1
    assert target["masks"][0, 22, 13] == 0


def test_an_image_without_objects_has_empty_targets() -> None:
    target = detection_target(Instances(), (40, 20), classes=("can",))
    assert target["boxes"].shape == (0, 4)
    assert target["masks"].shape == (0, 40, 20)


def test_mirroring_twice_gives_the_target_back() -> None:
    target = detection_target(Instances((Instance("a", "can", Box(0.1, 0.2, 0.4, 0.9)),)), (40, 20), classes=("can",))
    once = mirror(target)
    assert once["boxes"].tolist() == [pytest.approx([12, 8, 18, 36])]
    assert torch.equal(once["masks"], target["masks"].flip(2))
    assert torch.allclose(mirror(once)["boxes"], target["boxes"])


class TinyDetector(nn.Module):
    """Torchvision's calling convention around one learnt box."""

    def __init__(self) -> None:
        super().__init__()
        self.box = nn.Parameter(torch.zeros(4))

    def forward(self, images: list[Tensor], targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        assert all(image.shape == (3, 40, 20) for image in images)
        error = torch.stack([(self.box - target["boxes"].mean(0) / 40).abs().sum() for target in targets]).mean()
        return {"loss_box": error, "loss_nothing": error * 0}


def test_a_detector_learns_from_objects() -> None:
    images = np.zeros((6, 40, 20, 3), np.uint8)
    objects = [Instances((Instance("a", "can", BOX),))] * 6
    module = TinyDetector()
    losses = fit_detector(module, images, objects, classes=("can",), schedule=Schedule(15, 2, 5e-2))
    assert losses[-1] < 0.3 * losses[0]
    assert not module.training


def test_every_pixel_is_labelled_and_cells_take_the_label_of_their_centre() -> None:
    triangle = Instance("a", "milk", BOX, polygons=((0.25, 1.0, 0.75, 1.0, 0.25, 0.5),))
    labels = label_pixels(Instances((triangle,)), (40, 20), classes=("can", "milk"))
    assert set(np.unique(labels)) == {0, 2}
    assert labels[38, 6] == 2
    assert labels[22, 13] == 0
    cells = cell_centres(labels, (4, 2))
    assert cells.tolist() == [[0, 0], [0, 0], [2, 0], [2, 0]]


def test_a_network_learns_the_class_of_every_cell() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (16, 32, 32, 3), dtype=np.uint8)
    images[:, 16:, :, 1] += 150
    half = Instance("a", "can", Box(0, 0.5, 1, 1), polygons=((0, 0.5, 1, 0.5, 1, 1, 0, 1),))
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    losses = fit_dense(
        module, images, [Instances((half,))] * 16, classes=("can",), mean=MEAN, std=STD, schedule=Schedule(15, 4, 2e-2)
    )
    assert losses[-1] < 0.4 * losses[0]
