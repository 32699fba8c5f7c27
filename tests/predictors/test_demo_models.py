from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import ModelError
from domain.explanation import Region, RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Task
from predictors import load_predictor
from predictors.classifier import Classifier
from predictors.demo_models import NAMES
from predictors.detector import Detector
from tests.predictors.conftest import FRUITS


def demo(folder: Path, name: str, *, file: str = "", **wishes: object) -> ModelSpec:
    weights = str(folder / f"{file or name}.safetensors")
    return ModelSpec(f"demo/{name}", weights=weights, **wishes)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("name", "task"), [("classifier", Task.CLASSIFICATION), ("multilabel", Task.MULTILABEL)])
def test_a_classifier_sees_the_whole_picture(demo_folder: Path, picture: RGBImage, name: str, task: Task) -> None:
    model = load_predictor(demo(demo_folder, name))
    assert isinstance(model, Classifier)
    assert (model.info.task, model.info.classes, model.info.input_size) == (task, FRUITS, (64, 48))
    assert model.crop(picture)[1] == Region()


def test_the_detector_counts_the_background_and_gives_polygons_unless_boxes_are_asked_for(
    demo_folder: Path, picture: RGBImage
) -> None:
    model = load_predictor(demo(demo_folder, "detector"))
    assert isinstance(model, Detector)
    assert model.info.task is Task.SEGMENTATION
    assert model.class_index(FRUITS[0]) == 1
    boxes = load_predictor(demo(demo_folder, "detector", task=Task.DETECTION.value))
    assert boxes.info.model_id != model.info.model_id
    [with_masks], [without] = model.predict([picture]), boxes.predict([picture])
    assert isinstance(with_masks, Instances)
    assert isinstance(without, Instances)
    assert any(item.polygons for item in with_masks.items)
    assert not any(item.polygons for item in without.items)
    with pytest.raises(ModelError, match="does not go with this detector"):
        load_predictor(demo(demo_folder, "detector", task=Task.CLASSIFICATION.value))


def test_another_name_or_another_kind_of_file_is_refused(demo_folder: Path, fruit_resnet: Path) -> None:
    with pytest.raises(ModelError, match="Choose classifier, multilabel, detector"):
        load_predictor(ModelSpec("demo/segmenter"))
    with pytest.raises(ModelError, match="for instance segmentation, which is not demo/classifier"):
        load_predictor(demo(demo_folder, "classifier", file="detector"))
    with pytest.raises(ModelError, match="facts of a demo model"):
        load_predictor(ModelSpec("demo/classifier", weights=str(fruit_resnet)))


def test_the_size_of_the_input_is_the_models_own(demo_folder: Path) -> None:
    with pytest.raises(ModelError, match="whole image resized"):
        load_predictor(demo(demo_folder, "classifier", crop=32))


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_weights_load(name: str, picture: RGBImage) -> None:
    model = load_predictor(ModelSpec(f"demo/{name}"))
    assert model.info.classes == ("can", "carton", "milk_bottle", "water_bottle")
    assert len(model.predict([picture])) == 1
