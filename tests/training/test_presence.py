"""Names and places are learnt at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from domain.errors import Cancelled
from domain.geometry import Box
from domain.prediction import Instance, Instances
from training.classification import classify
from training.loop import Schedule
from training.presence import Cells, fit_presence

MEAN = STD = (0.5, 0.5, 0.5)
CLASSES = ("red", "blue")
LEFT, RIGHT = Box(0.0, 0.0, 0.5, 1.0), Box(0.5, 0.0, 1.0, 1.0)


class Tiny(nn.Module):
    """A layer with places, their mean, names."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.trunk = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.trunk(images).mean(dim=(2, 3)))


def coloured_halves(count: int = 24) -> tuple[np.ndarray, np.ndarray, list[Instances]]:
    """Noise with a red half, a blue one, both or none."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (count, 16, 16, 3), dtype=np.uint8)
    present = np.zeros((count, 2), np.float32)
    objects = []
    for place in range(count):
        things = []
        for half, (channel, box) in enumerate(((0, LEFT), (2, RIGHT))):
            if place >> half & 1:
                images[place, :, 8 * half : 8 * half + 8, channel] += 150
                present[place, half] = 1
                outline = (box.x_min, 0.0, box.x_max, 0.0, box.x_max, 1.0, box.x_min, 1.0)
                things.append(Instance(str(half), CLASSES[half], box, polygons=(outline,)))
        objects.append(Instances(tuple(things)))
    return images, present, objects


def test_a_classifier_learns_what_is_there_and_its_layer_where_it_is() -> None:
    images, present, objects = coloured_halves()
    module, places = Tiny(), nn.Conv2d(8, 3, 1)
    cells = Cells(module.trunk, places, objects, CLASSES)
    losses = fit_presence(module, images, present, cells=cells, mean=MEAN, std=STD, schedule=Schedule(40, 8, 3e-2))
    assert losses[-1] < 0.5 * losses[0]
    assert not module.training
    assert ((classify(module, images, mean=MEAN, std=STD) > 0) == (present > 0)).mean() > 0.9
    with torch.inference_mode():
        picture = torch.from_numpy(images[3:4]).permute(0, 3, 1, 2) / 255
        named = places(module.trunk((picture - 0.5) / 0.5)).argmax(1)[0]
    assert (named == torch.tensor([1, 1, 2, 2])).float().mean() > 0.9


def test_a_stopped_lesson_leaves_nothing_hanging_on_the_network() -> None:
    images, present, objects = coloured_halves(8)
    module = Tiny()

    def stop(_done: int, _total: int) -> None:
        raise Cancelled("Stopped.")

    cells = Cells(module.trunk, nn.Conv2d(8, 3, 1), objects, CLASSES)
    with pytest.raises(Cancelled):
        fit_presence(module, images, present, cells=cells, mean=MEAN, std=STD, schedule=Schedule(1, 4), report=stop)
    assert not module.trunk._forward_hooks
