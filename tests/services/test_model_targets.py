from __future__ import annotations

from dataclasses import replace

from domain.explanation import Target
from domain.prediction import Task
from services.explaining import Request
from services.model_targets import ask_for_targets, readable_images
from tests.services.planted_models import SPEC, colour_classifier, save_spots, tiny_detector
from tests.services.small_projects import make_project


def ask(model, images, count, **parameters):
    like = Request(images[0], Target(""), "gradcam", None, parameters, seed=3)
    return ask_for_targets(model, SPEC, images, like, count=count, max_pixels=100_000)


def test_images_are_spread_over_all_and_asked_about_the_surest_class(tmp_path):
    images = [save_spots(tmp_path, f"{number:02}.png", seed=number) for number in range(12)]

    found = ask(colour_classifier(), images, 3, layer="2")

    numbers = [int(request.image.image_id[:2]) for request in found]
    assert len(set(numbers)) == 3
    assert max(numbers) - min(numbers) >= 6
    assert {request.target.label for request in found} <= {"red", "green"}
    assert all(request.parameters == {"layer": "2"} and request.seed == 3 for request in found)
    assert [request.image for request in ask(colour_classifier(), images, 3)] == [request.image for request in found]


def test_all_images_are_taken_where_there_are_few(tmp_path):
    images = [save_spots(tmp_path, f"{number}.png", seed=number) for number in range(2)]

    assert {request.image.image_id for request in ask(colour_classifier(), images, 5)} == {"0.png", "1.png"}
    assert (
        ask_for_targets(colour_classifier(), SPEC, [], Request(images[0], Target(""), "lime"), count=5, max_pixels=100)
        == []
    )


def test_images_that_cannot_be_read_are_passed_over(tmp_path):
    images = [save_spots(tmp_path, f"{number}.png", seed=number) for number in range(3)]
    gone = [replace(images[0], uri=str(tmp_path / "gone.png")), *images[1:]]

    assert {request.image.image_id for request in ask(colour_classifier(), gone, 3)} == {"1.png", "2.png"}


def test_a_detector_is_asked_about_its_best_object(tmp_path):
    image, model = save_spots(tmp_path), tiny_detector()

    [request] = ask(model, [image], 1)

    assert request.instance is not None
    assert request.target == Target(request.instance.label, request.instance.instance_id)
    assert request.instance.score is not None
    assert request.instance.score > 0


def test_the_readable_images_of_a_project_are_listed(workspace, photos):
    (photos / "broken.png").write_bytes(b"no picture")
    project = make_project(workspace, photos, Task.CLASSIFICATION)

    names = [image.image_id for image in readable_images(workspace, project.project_id)]
    assert names == ["a.png", "b.png", "sub/c.png"]
