"""What every runtime promises, and what explanation methods ask of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from domain.errors import InputError, UnknownNameError
from domain.explanation import RGBImage
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import Instances, Labels
from explainers.base import DetectsObjects, GivesGradients, GivesPixelGradients, ScoresImages
from predictors import PREDICTORS, Predictor, load_predictor

EXAMPLES: dict[str, Callable[[pytest.FixtureRequest], list[ModelSpec]]] = {
    "torchvision": lambda request: [
        ModelSpec("torchvision/resnet18", weights=str(fixture(request, "fruit_resnet")), resize=64, crop=64),
        ModelSpec(
            "torchvision/fasterrcnn_mobilenet_v3_large_320_fpn", weights=str(fixture(request, "faster_rcnn")), resize=96
        ),
    ],
    "torchscript": lambda request: [
        ModelSpec(f"torchscript/{fixture(request, 'scripted_classifier')}", resize=32, crop=32)
    ],
    "pt2": lambda request: [ModelSpec(f"pt2/{fixture(request, 'exported_dense')}")],
    "keras": lambda request: [ModelSpec(f"keras/{fixture(request, 'keras_unet')}")],
    "hf": lambda request: [ModelSpec(f"hf/{fixture(request, name)}") for name in ("vit_folder", "mobilevit_folder")],
    "endpoint": lambda request: [ModelSpec(f"endpoint/{fixture(request, 'endpoint_address')}")],
    "demo": lambda request: [
        ModelSpec(f"demo/{name}", weights=str(fixture(request, "demo_folder") / f"{name}.safetensors"))
        for name in ("classifier", "multilabel", "detector")
    ],
}


def fixture(request: pytest.FixtureRequest, name: str) -> Path:
    return request.getfixturevalue(name)


@pytest.fixture(scope="module", params=sorted(PREDICTORS))
def models(request: pytest.FixtureRequest) -> list[Predictor]:
    """Loaded examples of one runtime. A new runtime adds its own to EXAMPLES."""
    return [load_predictor(spec) for spec in EXAMPLES[request.param](request)]


def test_a_loaded_model_is_of_the_registered_class(models: list[Predictor]) -> None:
    for model in models:
        assert isinstance(model, PREDICTORS[model.info.runtime])
        assert model.title


def test_a_model_tells_its_facts(models: list[Predictor]) -> None:
    for model in models:
        info = model.info
        assert info.model_id.startswith(f"{info.name}@{info.weights_sha256[:8]}")
        assert len(info.weights_sha256) == 64
        assert info.classes
        assert len(set(info.classes)) == len(info.classes)
        assert all(note.endswith(".") for note in info.notes)
        assert "/" not in info.name.removeprefix(f"{info.runtime}/"), "folders of this machine stay out of names"


def test_pictures_of_different_sizes_are_answered_in_order(models: list[Predictor], picture: RGBImage) -> None:
    others = [picture, np.ascontiguousarray(picture[:, :50]), np.full((1, 3, 3), 200, np.uint8), picture]
    for model in models:
        contents = model.predict(others)
        assert len(contents) == 4
        assert contents[0] == contents[3]
        assert contents[0] != contents[1]
        assert model.predict([]) == []


def test_labels_give_every_class_a_probability(models: list[Predictor], picture: RGBImage) -> None:
    for model in models:
        [content] = model.predict([picture])
        assert isinstance(content, Instances) == model.info.task.has_objects
        if isinstance(content, Labels):
            assert content.names == model.info.classes
            assert all(0 <= score <= 1 for score in content.scores.values())


def test_objects_lie_on_the_picture_with_the_best_first(models: list[Predictor], picture: RGBImage) -> None:
    for model in models:
        [content] = model.predict([picture])
        if not isinstance(content, Instances):
            continue
        scores = [item.score or 0 for item in content.items]
        assert 0 < len(scores) <= 100
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= 0.05
        assert [item.instance_id for item in content.items] == [f"p{index}" for index in range(len(scores))]
        assert all(item.box.is_valid and item.label in model.info.classes for item in content.items)
        assert all(0 <= value <= 1 for item in content.items for ring in item.polygons for value in ring)


def test_a_picture_without_any_content_is_answered(models: list[Predictor]) -> None:
    for model in models:
        for value in (0, 255):
            assert len(model.predict([np.full((40, 60, 3), value, np.uint8)])) == 1


def test_explanation_methods_find_what_they_ask_for(models: list[Predictor]) -> None:
    for model in models:
        has_inside = model.info.runtime not in {"torchscript", "endpoint"}
        has_objects = model.info.task.has_objects
        assert isinstance(model, ScoresImages) == (not has_objects)
        assert isinstance(model, GivesGradients) == (not has_objects and has_inside)
        names_pixels = model.info.runtime in {"pt2", "keras"}
        assert isinstance(model, GivesPixelGradients) == names_pixels
        assert isinstance(model, DetectsObjects) == (has_objects and has_inside and not names_pixels)


def test_the_crop_is_what_the_network_sees(models: list[Predictor], picture: RGBImage) -> None:
    for model in models:
        if not isinstance(model, ScoresImages):
            continue
        crop, region = model.crop(picture)
        assert crop.dtype == np.uint8
        assert model.info.input_size in {None, (*crop.shape[:2],)}
        assert 0 <= region.x_min < region.x_max <= 1
        assert 0 <= region.y_min < region.y_max <= 1
        [row] = model.scores([crop])
        [content] = model.predict([picture])
        assert isinstance(content, Labels)
        np.testing.assert_array_equal(row, np.float32(list(content.scores.values())))
        assert model.scores([]).shape == (0, len(model.info.classes))


def test_threads_get_the_answers_a_single_one_gets(models: list[Predictor], picture: RGBImage) -> None:
    pictures = [picture, picture[::-1].copy(), picture[:, ::-1].copy(), picture]
    for model in models:
        expected = [model.predict([each]) for each in pictures]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda each, model=model: model.predict([each]), pictures)) == expected


def test_gradients_flow_after_predictions_were_made(models: list[Predictor], picture: RGBImage) -> None:
    for model in models:
        model.predict([picture])
        if isinstance(model, GivesGradients):
            batch = model.normalise([model.crop(picture)[0]]).requires_grad_()
            [gradient] = torch.autograd.grad(model.module(batch)[0, 0], [batch])
        elif isinstance(model, DetectsObjects):
            batch = model.to_input(picture).requires_grad_()
            [gradient] = torch.autograd.grad(model.detector([batch])[0]["scores"].max(), [batch])
        else:
            continue
        assert gradient.abs().sum() > 0


def test_random_weights_answer_differently_and_leave_the_model_alone(
    models: list[Predictor], picture: RGBImage
) -> None:
    for model in models:
        if not isinstance(model, GivesGradients | DetectsObjects):
            continue
        before = model.predict([picture])
        first, again, other = (model.with_random_weights(seed) for seed in (11, 11, 12))
        assert first.predict([picture]) == again.predict([picture])
        assert first.predict([picture]) != before
        assert first.predict([picture]) != other.predict([picture])
        assert model.predict([picture]) == before
        assert len({model.info.model_id, first.info.model_id, other.info.model_id}) == 3


def test_loading_and_randomising_leave_the_global_generator_alone(
    request: pytest.FixtureRequest, demo_folder: Path
) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = load_predictor(ModelSpec("demo/classifier", weights=str(demo_folder / "classifier.safetensors")))
    model.with_random_weights(9)
    assert torch.equal(torch.rand(3), expected)


def test_the_input_orientation_is_part_of_the_identity(fruit_resnet: Path) -> None:
    spec = ModelSpec("torchvision/resnet18", weights=str(fruit_resnet))
    turned = ModelSpec("torchvision/resnet18", weights=str(fruit_resnet), orientation=InputOrientation.UPRIGHT)
    assert load_predictor(spec).info.model_id != load_predictor(turned).info.model_id


def test_an_unknown_runtime_lists_the_known_ones() -> None:
    known = "demo, endpoint, hf, keras, pt2, torchscript, torchvision"
    with pytest.raises(UnknownNameError, match=f"model runtime named 'tensorflow'.*{known}"):
        load_predictor(ModelSpec("tensorflow/resnet"))


def test_a_name_without_a_runtime_is_refused() -> None:
    with pytest.raises(InputError, match="RUNTIME/NAME"):
        load_predictor(ModelSpec("resnet18"))
