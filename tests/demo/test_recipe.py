"""The examples the demo models learn from."""

from __future__ import annotations

import numpy as np

from demo.objects import CLASSES
from demo.recipe import draw_scenes, draw_singles, shrink


def test_examples_are_arrays_with_the_truth_of_every_task() -> None:
    examples = draw_scenes(4, seed=3, size=(64, 48))
    assert examples.images.shape == (4, 64, 48, 3)
    assert examples.images.dtype == np.uint8
    assert (examples.main == -1).all()
    for present, objects in zip(examples.present, examples.objects, strict=True):
        names = {thing.label for thing in objects.items}
        assert {CLASSES[index] for index in np.flatnonzero(present)} == names


def test_single_scenes_tell_their_main_class_which_is_present() -> None:
    examples = draw_singles(4, seed=3, size=(64, 48))
    assert (examples.main >= 0).all()
    assert (examples.present[np.arange(4), examples.main] == 1).all()


def test_the_same_seed_gives_the_same_examples_and_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    first = draw_scenes(2, seed=9, size=(64, 48), report=lambda done, total: seen.append((done, total)))
    assert np.array_equal(first.images, draw_scenes(2, seed=9, size=(64, 48)).images)
    assert not np.array_equal(first.images, draw_scenes(2, seed=10, size=(64, 48)).images)
    assert seen == [(1, 2), (2, 2)]


def test_shrinking_averages() -> None:
    images = np.zeros((1, 4, 4, 3), np.uint8)
    images[0, ::2] = 100
    assert (shrink(images, (2, 2)) == 50).all()
