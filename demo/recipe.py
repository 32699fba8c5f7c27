"""The scenes the demo models learn from, as arrays; drawn on a seed of their own, never shown to a reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from demo.objects import CLASSES
from demo.scenes import Scene, draw_scene, draw_single
from domain.prediction import Instances
from domain.progress import Report, ignore_progress

TRAINING_SEED = 20_240_601
"""Far from the seeds a reader is likely to choose for a data set."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures and truth.

    Attributes:
        images: (N, h, w, 3) uint8 RGB.
        main: (N,) int64 index of the main object's class; -1 in scenes without one.
        present: (N, 4) float32, 1 where the class is visible.
        objects: One `Instances` an image, in fractions of the image.
    """

    images: npt.NDArray[np.uint8]
    main: npt.NDArray[np.int64]
    present: npt.NDArray[np.float32]
    objects: tuple[Instances, ...]


def draw_singles(count: int, *, seed: int, size: tuple[int, int], report: Report = ignore_progress) -> Examples:
    """Scenes with one main object.

    Args:
        count: How many.
        seed: Same seed, same scenes.
        size: (height, width) to shrink the pictures to.
        report: Called after every scene.
    """
    return _draw(draw_single, count, seed=(seed, 1), size=size, report=report)


def draw_scenes(count: int, *, seed: int, size: tuple[int, int], report: Report = ignore_progress) -> Examples:
    """Scenes with one to six objects; arguments as for `draw_singles`."""
    return _draw(draw_scene, count, seed=(seed, 2), size=size, report=report)


def shrink(images: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """(N, H, W, 3) -> (N, *size, 3), by area."""
    return np.stack([cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_AREA) for image in images])


def _draw(
    draw: Callable[[np.random.Generator], Scene],
    count: int,
    *,
    seed: tuple[int, int],
    size: tuple[int, int],
    report: Report,
) -> Examples:
    images = np.empty((count, *size, 3), np.uint8)
    main = np.full(count, -1, np.int64)
    present = np.zeros((count, len(CLASSES)), np.float32)
    objects = []
    for index in range(count):
        scene = draw(np.random.default_rng([*seed, index]))
        images[index] = cv2.resize(scene.picture, (size[1], size[0]), interpolation=cv2.INTER_AREA)
        if scene.main:
            main[index] = CLASSES.index(scene.main)
        present[index, [CLASSES.index(label) for label in scene.labels]] = 1
        objects.append(Instances(scene.objects))
        report(index + 1, count)
    return Examples(images, main, present, tuple(objects))
