"""What the generator promises: the same seed draws the same scene, and the truth is exact."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from demo.backdrops import HEIGHT, WIDTH
from demo.objects import CLASSES, DRAW
from demo.outlines import outline
from demo.scenes import SMALLEST_AREA, Scene, draw_scene, draw_single
from demo.solids import Light
from domain.geometry import bounding_box

SCENES = 12


def scenes(draw: object) -> list[Scene]:
    return [draw(np.random.default_rng([3, index])) for index in range(SCENES)]


@pytest.fixture(scope="module")
def several() -> list[Scene]:
    return scenes(draw_scene)


@pytest.fixture(scope="module")
def single() -> list[Scene]:
    return scenes(draw_single)


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second = (draw_scene(np.random.default_rng(11)) for _ in range(2))
    assert np.array_equal(first.picture, second.picture)
    assert first.objects == second.objects


def test_other_seeds_draw_other_scenes(several: list[Scene]) -> None:
    assert len({scene.picture.tobytes() for scene in several}) == SCENES


def test_a_scene_is_a_portrait_photograph_of_bytes(several: list[Scene]) -> None:
    for scene in several:
        assert scene.picture.shape == (666, 499, 3)
        assert scene.picture.dtype == np.uint8
        assert scene.picture.std() > 4


def test_every_box_is_inside_the_image_and_tight_around_its_polygon(several: list[Scene], single: list[Scene]) -> None:
    objects = [thing for scene in several + single for thing in scene.objects]
    assert len(objects) > SCENES
    for thing in objects:
        assert thing.box.is_valid
        assert thing.box == bounding_box(thing.polygons)


def test_polygons_are_rings_of_at_least_three_points_with_an_area(several: list[Scene]) -> None:
    for ring in (ring for scene in several for thing in scene.objects for ring in thing.polygons):
        points = np.asarray(ring, np.float32).reshape(-1, 2) * (WIDTH, HEIGHT)
        assert len(points) >= 3
        assert cv2.contourArea(points.astype(np.float32)) > 20


def test_visible_parts_of_two_objects_do_not_overlap(several: list[Scene]) -> None:
    for scene in several:
        filled = np.zeros((HEIGHT, WIDTH), np.int32)
        for thing in scene.objects:
            filled += rasterise(thing.polygons)
        assert (filled > 1).mean() < 0.004


def rasterise(polygons: tuple[tuple[float, ...], ...]) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    rings = [np.round(np.asarray(ring).reshape(-1, 2) * (WIDTH, HEIGHT) - 0.5).astype(np.int32) for ring in polygons]
    cv2.fillPoly(mask, rings, 1)
    return mask


def test_nearly_invisible_objects_are_not_in_the_truth(several: list[Scene]) -> None:
    for thing in (thing for scene in several for thing in scene.objects):
        assert rasterise(thing.polygons).sum() > 0.8 * SMALLEST_AREA


def test_a_single_scene_names_its_largest_object(single: list[Scene]) -> None:
    for scene in single:
        assert max(scene.objects, key=lambda thing: thing.box.area).label == scene.main


def test_all_classes_and_all_counts_from_one_to_five_appear() -> None:
    drawn = [draw_scene(np.random.default_rng([5, index])) for index in range(40)]
    assert {label for scene in drawn for label in scene.labels} == set(CLASSES)
    assert {1, 2, 3, 4, 5} <= {len(scene.objects) for scene in drawn}


def test_labels_name_each_present_class_once_in_class_order(several: list[Scene]) -> None:
    for scene in several:
        assert list(scene.labels) == [name for name in CLASSES if name in {thing.label for thing in scene.objects}]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("height", [24, 480])
def test_an_object_is_drawn_at_any_size(name: str, height: int) -> None:
    sprite = DRAW[name](np.random.default_rng(1), height, tilt=0.2, light=Light(side=0.4, ambient=0.5, gloss=0.6))
    assert sprite.colour.shape == (*sprite.cover.shape, 3)
    assert sprite.alpha.shape == sprite.cover.shape
    assert np.all((sprite.colour >= 0) & (sprite.colour <= 1.01))
    assert abs(np.flatnonzero(sprite.cover.max(1) > 0.5).size - height) < 0.35 * height + 6


def test_water_can_be_seen_through_and_cans_cannot() -> None:
    light = Light(side=0.4, ambient=0.5, gloss=0.6)
    water = DRAW["water_bottle"](np.random.default_rng(4), 300, tilt=0.1, light=light)
    can = DRAW["can"](np.random.default_rng(4), 300, tilt=0.1, light=light)
    assert np.median(water.alpha[water.cover > 0.99]) < 0.9
    assert np.median(can.alpha[can.cover > 0.99]) > 0.99


class TestOutline:
    def test_a_rectangle_of_pixels_has_its_exact_edges(self) -> None:
        mask = np.zeros((20, 40), bool)
        mask[5:15, 10:30] = True
        (ring,) = outline(mask)
        assert sorted(set(ring[0::2])) == [0.25, 0.75]
        assert sorted(set(ring[1::2])) == [0.25, 0.75]

    def test_a_whole_image_reaches_all_borders(self) -> None:
        box = bounding_box(outline(np.ones((20, 40), bool)))
        assert box is not None
        assert box.as_tuple() == (0, 0, 1, 1)

    def test_a_split_object_gets_one_ring_a_part_greatest_first(self) -> None:
        mask = np.zeros((60, 60), bool)
        mask[2:12, 2:12] = True
        mask[30:58, 30:58] = True
        rings = outline(mask)
        assert len(rings) == 2
        assert min(rings[0]) >= 0.5
        assert max(rings[1]) <= 0.2

    def test_crumbs_and_empty_masks_give_nothing(self) -> None:
        mask = np.zeros((60, 60), bool)
        assert outline(mask) == ()
        mask[3:6, 3:6] = True
        assert outline(mask) == ()

    def test_a_disc_keeps_its_area(self) -> None:
        ys, xs = np.mgrid[:200, :200]
        mask = (xs - 100) ** 2 + (ys - 90) ** 2 < 60**2
        (ring,) = outline(mask)
        area = cv2.contourArea((np.asarray(ring).reshape(-1, 2) * 200).astype(np.float32))
        assert abs(area / mask.sum() - 1) < 0.01
