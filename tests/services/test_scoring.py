from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from domain.errors import Cancelled, InputError, ModelError
from domain.geometry import Box
from domain.image import ImageRef
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import array_to_stored
from domain.prediction import Instance, Instances, Labels, ModelInfo, Task
from predictors.base import Predictor
from services.browsing import load_states
from services.import_images import import_images
from services.model_shelf import ModelShelf
from services.overview import fetch_overview
from services.projects import create_project, fetch_project
from services.scoring import attach_model, check_task, load_active_model, score_images, score_project
from services.workspace import open_workspace
from store.predictions import predicted_image_ids
from tests.services.planted_models import tiny_detector
from tests.services.small_models import CLASSES, name_model, save_weights
from tests.services.small_projects import box, boxes_line, draw_image, draw_images, label_line, make_project, state_of


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_weights(tmp_path_factory.mktemp("models") / "shuffle.pth")


@pytest.fixture
def spec(weights):
    """A small classifier of random weights over pictures of 32 x 32."""
    return name_model(weights)


class FindsWhite(Predictor):
    """Answers with one box around the white pixels of a picture, and one around everything."""

    title = "White"

    def __init__(self):
        super().__init__()
        self.info = ModelInfo("white@1", "white", "1", Task.DETECTION, ("white", "all"), None, "white", "")
        self.seen = []

    @classmethod
    def load(cls, _spec):
        return cls()

    def predict(self, images):
        self.seen += [image.shape for image in images]
        return [self._find(image) for image in images]

    def _find(self, image):
        height, width = image.shape[:2]
        rows, columns = np.nonzero(image.min(axis=2) > 250)
        edges = (columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height)
        white = Box(*map(float, edges))
        return Instances((Instance("p0", "white", white, 0.9), Instance("p1", "all", Box(0, 0, 1, 1), 0.3)))


class OneModel(ModelShelf):
    """A shelf that holds one model of a test's own, whatever is asked for."""

    def __init__(self, predictor):
        super().__init__()
        self._predictor = predictor

    def take(self, _spec):
        return self._predictor


def draw_white(path, *, orientation):
    """A grey 40 x 20 picture with a white rectangle in fractions (0.1, 0.1) to (0.5, 0.3) of the stored grid."""
    pixels = np.full((20, 40, 3), 100, np.uint8)
    pixels[2:6, 4:20] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path, exif=exif)


def predictions_of(workspace, project):
    project = fetch_project(workspace, project.project_id)
    return {state.image.image_id: state.prediction for state in load_states(workspace, project)}


def test_a_model_is_attached_and_asked_about_every_image(workspace, photos, spec):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "jar")])

    info = attach_model(workspace, project.project_id, spec)
    told = []
    done = score_project(workspace, project.project_id, report=lambda *count: told.append(count))

    assert (done, told) == (3, [(0, 3), (3, 3)])
    project = fetch_project(workspace, project.project_id)
    assert (project.model_id, project.classes) == (info.model_id, ("jar", *CLASSES))
    made = predictions_of(workspace, project)
    assert set(made) == {"a.png", "b.png", "sub/c.png"}
    for prediction in made.values():
        assert isinstance(prediction, Labels)
        assert set(prediction.scores) == set(CLASSES)
        assert sum(prediction.scores.values()) == pytest.approx(1, abs=1e-5)
    assert state_of(workspace, project, "a.png").score == max(made["a.png"].scores.values())
    assert fetch_overview(workspace, project).is_scored


def test_one_model_serves_one_class_or_several(workspace, photos, spec):
    project = make_project(workspace, photos, Task.MULTILABEL)

    assert attach_model(workspace, project.project_id, spec).task is Task.MULTILABEL


def test_a_model_for_something_else_is_refused(workspace, photos, spec):
    project = make_project(workspace, photos, Task.DETECTION)

    with pytest.raises(InputError, match=r"multi-class classification; the project .* is object detection"):
        attach_model(workspace, project.project_id, spec)

    assert fetch_project(workspace, project.project_id).model_id is None
    masks = replace(FindsWhite().info, task=Task.SEGMENTATION)
    check_task(project, masks)  # polygons have boxes
    with pytest.raises(InputError):
        check_task(replace(project, task=Task.SEGMENTATION), FindsWhite().info)


def test_cancelling_keeps_what_is_finished_and_a_second_run_asks_for_the_rest(workspace, tmp_path, spec):
    names = [f"{number}.png" for number in range(20)]
    project = make_project(workspace, draw_images(tmp_path / "photos", names), Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, spec)

    def stop(done, total):
        if done:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        score_project(workspace, project.project_id, report=stop)
    finished = [name for name, prediction in predictions_of(workspace, project).items() if prediction is not None]
    assert 0 < len(finished) < 20
    assert finished == names[: len(finished)]
    assert not fetch_overview(workspace, fetch_project(workspace, project.project_id)).is_scored

    told = []
    assert score_project(workspace, project.project_id, report=lambda *count: told.append(count)) == 20
    assert told[0] == (len(finished), 20)
    assert all(prediction is not None for prediction in predictions_of(workspace, project).values())
    told.clear()
    score_project(workspace, project.project_id, report=lambda *count: told.append(count))
    assert told == [(20, 20)]


def test_images_that_cannot_be_read_are_left_out_and_hold_up_no_other(workspace, photos, spec, tmp_path):
    (photos / "b.png").write_bytes(b"")
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, spec)
    away = (photos / "a.png").rename(tmp_path / "a.png")  # after it was read

    score_project(workspace, project.project_id)

    made = predictions_of(workspace, project)
    assert [name for name, prediction in made.items() if prediction is not None] == ["sub/c.png"]
    away.rename(photos / "a.png")
    score_project(workspace, project.project_id)
    assert predictions_of(workspace, project)["a.png"] is not None


def test_an_image_that_cannot_be_read_gets_the_reason_as_its_problem(photos):
    gone = ImageRef("gone.png", str(photos / "gone.png"), 40, 30)

    ((made,),) = score_images(FindsWhite(), ModelSpec("white/1"), [gone], max_pixels=1000)

    assert made.content is None
    assert "no file of that name" in made.problem


NARROW_AND_NOT = {"line.png": (900, 2), "photo.png": (90, 60)}


def test_an_image_too_narrow_for_a_detector_gets_the_reason_as_its_problem(tmp_path):
    images = [ImageRef(name, str(tmp_path / name), *size) for name, size in NARROW_AND_NOT.items()]
    for image in images:
        Image.new("RGB", (image.width, image.height)).save(image.uri)

    made = [
        each for batch in score_images(tiny_detector(), ModelSpec("x/1"), images, max_pixels=9000) for each in batch
    ]

    assert made[0].content is None
    assert "Nothing is left of the short side of a picture of 900 x 2 pixels" in made[0].problem
    assert made[1].content is not None


def test_a_picture_that_changed_is_asked_about_again(workspace, photos, spec):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, spec)
    score_project(workspace, project.project_id)
    before = predictions_of(workspace, project)

    draw_image(photos / "a.png", size=(50, 50), seed=90)
    import_images(workspace, project.project_id)
    assert predictions_of(workspace, project) == {**before, "a.png": None}

    score_project(workspace, project.project_id)
    after = predictions_of(workspace, project)
    assert after["a.png"] not in (None, before["a.png"])
    assert after["b.png"] == before["b.png"]


def test_predictions_of_a_file_stay_when_a_picture_changes(workspace, photos):
    lines = [boxes_line("a.png", (0.9, box("can", 0.1, 0.1, 0.5, 0.5)))]
    project = make_project(workspace, photos, Task.DETECTION, predictions=lines)

    draw_image(photos / "a.png", size=(50, 50), seed=90)
    import_images(workspace, project.project_id)

    assert predictions_of(workspace, project)["a.png"] is not None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fed", list(InputOrientation))
def test_objects_lie_on_the_stored_grid_whichever_way_a_model_sees_the_picture(tmp_path, orientation, fed):
    draw_white(tmp_path / "photos" / "a.png", orientation=orientation)
    image = ImageRef("a.png", str(tmp_path / "photos" / "a.png"), 40, 20, orientation=orientation)
    model = FindsWhite()

    ((made,),) = score_images(model, ModelSpec("white/1", orientation=fed), [image], max_pixels=10_000)

    assert isinstance(made.content, Instances)
    assert made.content.items[0].box.as_tuple() == pytest.approx((0.1, 0.1, 0.5, 0.3))
    is_turned = fed is InputOrientation.UPRIGHT and orientation >= 5
    assert model.seen == [(40, 20, 3) if is_turned else (20, 40, 3)]


def test_objects_of_two_models_have_different_ids(workspace, tmp_path):
    draw_white(tmp_path / "photos" / "a.png", orientation=1)
    project = make_project(workspace, tmp_path / "photos", Task.DETECTION)
    ids = []
    for name in ("white@1", "white@2"):
        model = FindsWhite()
        model.info = replace(model.info, model_id=name)
        fitted = replace(workspace, models=OneModel(model))
        attach_model(fitted, project.project_id, ModelSpec("white/1"))
        score_project(fitted, project.project_id)
        content = predictions_of(workspace, project)["a.png"]
        assert isinstance(content, Instances)
        ids += [item.instance_id for item in content.items]

    assert len(ids) == len(set(ids)) == 4


def test_a_project_without_a_model_that_runs_says_so(workspace, photos):
    bare = make_project(workspace, photos, Task.DETECTION)
    with pytest.raises(InputError, match="has no model"):
        score_project(workspace, bare.project_id)

    from_file = make_project(workspace, photos, Task.DETECTION, predictions=[boxes_line("a.png")])
    with pytest.raises(InputError, match="come from a file"):
        score_project(workspace, from_file.project_id)


def test_a_checkpoint_that_changed_is_not_taken_for_the_old_one(workspace, photos, spec, tmp_path):
    weights = save_weights(tmp_path / "mine.pth", seed=1)
    spec = replace(spec, weights=str(weights))
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    first = attach_model(workspace, project.project_id, spec)
    score_project(workspace, project.project_id)

    save_weights(weights, seed=2)
    restarted = open_workspace(workspace.settings)
    try:
        with pytest.raises(ModelError, match=r"mine\.pth is not the checkpoint"):
            load_active_model(restarted, fetch_project(restarted, project.project_id))
    finally:
        restarted.close()

    second = attach_model(workspace, project.project_id, spec)
    assert second.model_id != first.model_id
    with workspace.read() as connection:
        assert predicted_image_ids(connection, project.project_id, second.model_id) == set()


def test_a_model_is_loaded_once_for_all_screens(workspace, spec):
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(workspace.models.take(spec))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({id(predictor) for predictor in taken}) == 1
    assert workspace.models.holds(spec)
    assert not workspace.models.holds(replace(spec, resize=64))


def test_the_shelf_has_room_for_a_few_models(workspace, spec):
    sizes = [replace(spec, crop=32 - number) for number in range(5)]
    for each in sizes:
        workspace.models.take(each)

    assert [workspace.models.holds(each) for each in sizes] == [False, True, True, True, True]


def test_a_new_project_takes_the_classes_of_its_model(workspace, photos, spec):
    project = create_project(workspace, "Fridge", Task.CLASSIFICATION, str(photos))

    attach_model(workspace, project.project_id, spec)

    assert fetch_project(workspace, project.project_id).classes == CLASSES


def test_the_white_rectangle_lies_where_the_tests_say():
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[2:6, 4:20] = 255
    (content,) = FindsWhite().predict([array_to_stored(pixels, 1)])
    assert isinstance(content, Instances)
    assert content.items[0].box == Box(0.1, 0.1, 0.5, 0.3)
