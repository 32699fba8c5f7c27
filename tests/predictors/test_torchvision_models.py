from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

from domain.errors import ModelError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Labels, Task
from predictors import load_predictor
from predictors.classifier import Classifier
from predictors.detector import Detector
from predictors.torchvision_models import build_like
from tests.predictors.conftest import FRUITS, build


def load_resnet(weights: Path, **wishes: object) -> Classifier:
    model = load_predictor(ModelSpec("torchvision/resnet18", weights=str(weights), **wishes))  # pyright: ignore[reportArgumentType]
    assert isinstance(model, Classifier)
    return model


def names_file(folder: Path, *names: str) -> str:
    path = folder / "names.txt"
    path.write_text("\n".join(names))
    return str(path)


def test_a_fine_tune_with_four_classes_answers_as_the_network_does(resnet: Path, picture: RGBImage) -> None:
    model = load_resnet(resnet)
    reference = build("resnet18", 4, seed=99)
    reference.load_state_dict(torch.load(resnet, weights_only=True))
    crop, _ = model.crop(picture)
    with torch.no_grad():
        expected = reference(model.normalise([crop])).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.scores([crop]), expected, rtol=1e-5)
    assert model.info.classes == ("class 0", "class 1", "class 2", "class 3")
    assert model.info.input_size == (224, 224)
    assert "The weights carry no class names, so classes are numbered." in model.info.notes


def test_safetensors_and_state_dict_answer_alike_and_names_travel_in_the_metadata(
    resnet: Path, fruit_resnet: Path, picture: RGBImage
) -> None:
    plain, named = load_resnet(resnet), load_resnet(fruit_resnet)
    assert named.info.classes == FRUITS
    [first], [second] = plain.predict([picture]), named.predict([picture])
    assert isinstance(first, Labels)
    assert isinstance(second, Labels)
    assert list(first.scores.values()) == list(second.scores.values())


def test_a_file_of_names_wins_and_changes_the_identity(fruit_resnet: Path, tmp_path: Path) -> None:
    own = load_resnet(fruit_resnet)
    renamed = load_resnet(fruit_resnet, classes=names_file(tmp_path, "a", "b", "c", "d"))
    assert renamed.info.classes == ("a", "b", "c", "d")
    assert own.info.model_id == f"torchvision/resnet18@{own.info.weights_sha256[:8]}"
    assert renamed.info.model_id.startswith(f"{own.info.model_id}+")
    assert load_resnet(fruit_resnet, classes=names_file(tmp_path, *FRUITS)).info.model_id == own.info.model_id


def test_preprocessing_set_by_hand_changes_the_identity_only_where_it_differs(fruit_resnet: Path) -> None:
    own = load_resnet(fruit_resnet)
    assert load_resnet(fruit_resnet, resize=256).info.model_id == own.info.model_id
    ids = {own.info.model_id, *(load_resnet(fruit_resnet, crop=side).info.model_id for side in (64, 96))}
    assert len(ids) == 3


def test_the_wrong_number_of_names_is_told_with_both_counts(resnet: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There are 3 class names, but the network has 4 outputs"):
        load_resnet(resnet, classes=names_file(tmp_path, "a", "b", "c"))


def test_multi_label_scores_are_independent(resnet: Path, picture: RGBImage) -> None:
    model = load_resnet(resnet, task=Task.MULTILABEL.value)
    [row] = model.scores([model.crop(picture)[0]])
    with torch.no_grad():
        logits = model.module(model.normalise([model.crop(picture)[0]]))
    np.testing.assert_allclose(row, logits.sigmoid()[0].numpy(), rtol=1e-5)
    assert model.info.task is Task.MULTILABEL


@pytest.mark.parametrize("task", ["image_object_detection", "image_captioning"])
def test_a_task_that_does_not_go_with_the_network_is_refused(resnet: Path, task: str) -> None:
    with pytest.raises(ModelError, match=task):
        load_resnet(resnet, task=task)


def test_many_crops_are_scored_as_one_by_one(fruit_resnet: Path) -> None:
    model = load_resnet(fruit_resnet, resize=32, crop=32)
    crops = list(np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8))
    together = model.scores(crops)
    np.testing.assert_allclose(together, np.concatenate([model.scores([crop]) for crop in crops]), atol=1e-5)
    assert together.dtype == np.float32


def test_a_checkpoint_of_another_architecture_is_told_with_its_likely_name(resnet: Path) -> None:
    with pytest.raises(ModelError, match="does not fit torchvision/resnet34") as caught:
        load_predictor(ModelSpec("torchvision/resnet34", weights=str(resnet)))
    assert "missing (layer1.2.conv1.weight" in caught.value.message
    assert "looks like torchvision/resnet18" in caught.value.message


def test_weights_must_be_named(resnet: Path) -> None:
    with pytest.raises(ModelError, match="No weights were named"):
        load_predictor(ModelSpec("torchvision/resnet18"))
    with pytest.raises(ModelError, match="no such file"):
        load_predictor(ModelSpec("torchvision/resnet18", weights="missing.pth"))
    with pytest.raises(ModelError, match="neither a file nor"):
        load_predictor(ModelSpec("torchvision/resnet18", weights="LATEST"))


def test_an_unknown_device_is_refused(resnet: Path) -> None:
    with pytest.raises(ModelError, match="no device 'tpu'"):
        load_resnet(resnet, device="tpu")


def test_a_crop_the_network_cannot_take_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "squeezenet.pth"
    torch.save(build("squeezenet1_1", 2).state_dict(), path)
    with pytest.raises(ModelError, match="does not take pictures of 4 x 4 pixels"):
        load_predictor(ModelSpec("torchvision/squeezenet1_1", weights=str(path), resize=4, crop=4))


def test_weights_that_give_no_numbers_are_told(tmp_path: Path, picture: RGBImage) -> None:
    state = {name: tensor * 1e30 for name, tensor in build("squeezenet1_1", 2).state_dict().items()}
    torch.save(state, tmp_path / "exploded.pth")
    model = load_predictor(ModelSpec("torchvision/squeezenet1_1", weights=str(tmp_path / "exploded.pth")))
    with pytest.raises(ModelError, match="not finite"):
        model.predict([picture])


def test_a_checkpoint_says_its_own_task_and_preprocessing(tmp_path: Path) -> None:
    facts = {"task": "image_classification_multilabel", "resize": "96", "crop": "64", "mean": "[0, 0, 0]"}
    path = tmp_path / "own.safetensors"
    save_file(build("squeezenet1_1", 2).state_dict(), path, metadata=facts)
    model = load_predictor(ModelSpec("torchvision/squeezenet1_1", weights=str(path)))
    assert model.info.task is Task.MULTILABEL
    assert model.info.input_size == (64, 64)
    assert "+" not in model.info.model_id


@pytest.mark.parametrize(
    "facts", [{"classes": "[1]"}, {"task": "painting"}, {"resize": "1.5"}, {"mean": '["a"]'}, {"std": "[0, 0, 0]"}]
)
def test_metadata_that_cannot_be_used_is_refused(tmp_path: Path, facts: dict[str, str]) -> None:
    path = tmp_path / "own.safetensors"
    save_file(build("squeezenet1_1", 2).state_dict(), path, metadata=facts)
    with pytest.raises(ModelError):
        load_predictor(ModelSpec("torchvision/squeezenet1_1", weights=str(path)))


def test_imagenet_names_come_with_1000_outputs(tmp_path: Path) -> None:
    torch.save({"model": build("squeezenet1_1", 1000).state_dict(), "epoch": 1}, tmp_path / "imagenet.pth")
    model = load_predictor(ModelSpec("torchvision/squeezenet1_1", weights=str(tmp_path / "imagenet.pth")))
    assert model.info.classes[258] == "Samoyed"
    assert any("assumed" in note for note in model.info.notes)
    assert any("entry 'model'" in note for note in model.info.notes)


def test_auxiliary_classifiers_are_dropped_and_the_builder_may_be_written_in_any_case(
    tmp_path: Path, picture: RGBImage
) -> None:
    network = build("googlenet", 3, init_weights=False, aux_logits=True, transform_input=True)
    torch.save(network.state_dict(), tmp_path / "googlenet.pth")
    model = load_predictor(ModelSpec("torchvision/GoogLeNet", weights=str(tmp_path / "googlenet.pth"), crop=64))
    assert isinstance(model, Classifier)
    assert model.info.name == "torchvision/googlenet"
    crop, _ = model.crop(picture)
    with torch.no_grad():
        expected = network(model.normalise([crop])).softmax(dim=1).numpy()
    np.testing.assert_allclose(model.scores([crop]), expected, rtol=1e-4)


def test_a_vision_transformer_keeps_the_size_it_was_trained_on(tmp_path: Path, picture: RGBImage) -> None:
    torch.save(build("vit_b_32", 2, image_size=64).half().state_dict(), tmp_path / "vit.pth")
    model = load_predictor(ModelSpec("torchvision/vit_b_32", weights=str(tmp_path / "vit.pth")))
    assert model.info.input_size == (64, 64)
    assert len(model.predict([picture])) == 1


DETECTORS = [
    "fcos_resnet50_fpn",
    "retinanet_resnet50_fpn",
    "ssdlite320_mobilenet_v3_large",
]


@pytest.mark.parametrize("name", DETECTORS)
def test_each_kind_of_detector_is_loaded_and_answers(name: str, tmp_path: Path, picture: RGBImage) -> None:
    torch.save(build(name, 3).half().state_dict(), tmp_path / "weights.pth")
    resize = None if name.startswith("ssd") else 64
    classes = names_file(tmp_path, "cat", "dog")
    spec = ModelSpec(f"torchvision/{name}", weights=str(tmp_path / "weights.pth"), classes=classes, resize=resize)
    model = load_predictor(spec)
    assert isinstance(model, Detector)
    assert model.info.classes == ("cat", "dog")
    assert (model.class_index("cat"), model.class_index("dog")) == (1, 2)
    assert (model.detector.score_thresh, model.detector.detections_per_img) == (0.05, 100)
    [content] = model.predict([picture])
    assert isinstance(content, Instances)


def test_the_first_coco_weights_are_run_without_epsilon_as_they_were_trained() -> None:
    with torch.device("meta"):
        network = build_like("fasterrcnn_resnet50_fpn", {}, FasterRCNN_ResNet50_FPN_Weights.COCO_V1)(91)
        other = build_like("fasterrcnn_resnet50_fpn", {}, None)(91)
    assert network.backbone.body.bn1.eps == 0
    assert other.backbone.body.bn1.eps > 0


def test_a_mask_r_cnn_gives_polygons_or_boxes_as_asked(tmp_path: Path, picture: RGBImage) -> None:
    path = tmp_path / "mask.pth"
    torch.save(build("maskrcnn_resnet50_fpn", 2).half().state_dict(), path)
    found: dict[Task, Instances] = {}
    for task in (Task.SEGMENTATION, Task.DETECTION):
        spec = ModelSpec("torchvision/maskrcnn_resnet50_fpn", weights=str(path), resize=64, task=task.value)
        model = load_predictor(spec)
        assert model.info.task is task
        [content] = model.predict([picture])
        assert isinstance(content, Instances)
        found[task] = content
    assert any(item.polygons for item in found[Task.SEGMENTATION].items)
    assert not any(item.polygons for item in found[Task.DETECTION].items)


def test_boxes_of_a_shrunk_picture_lie_where_those_of_the_picture_do(faster_rcnn: Path) -> None:
    name = "torchvision/fasterrcnn_mobilenet_v3_large_320_fpn"
    model = load_predictor(ModelSpec(name, weights=str(faster_rcnn), resize=96))
    assert isinstance(model, Detector)
    large = np.zeros((50, 4000, 3), np.uint8)
    assert model.to_input(large).shape == (3, 25, 2000)
    assert model.to_input(large[:, :1000]).shape == (3, 50, 1000)
    assert float(model.to_input(np.full((4, 5, 3), 255, np.uint8)).max()) == 1.0


def test_a_detector_refuses_what_it_cannot_use(faster_rcnn: Path, tmp_path: Path) -> None:
    name = "torchvision/fasterrcnn_mobilenet_v3_large_320_fpn"
    for wishes in ({"crop": 64}, {"resize": 0}, {"std": (0.0, 1.0, 1.0)}):
        with pytest.raises(ModelError):
            load_predictor(ModelSpec(name, weights=str(faster_rcnn), **wishes))  # pyright: ignore[reportArgumentType]
    torch.save(build("ssdlite320_mobilenet_v3_large", 3).state_dict(), tmp_path / "ssd.pth")
    with pytest.raises(ModelError, match="fixed size"):
        load_predictor(
            ModelSpec("torchvision/ssdlite320_mobilenet_v3_large", weights=str(tmp_path / "ssd.pth"), resize=64)
        )


def test_coco_names_come_with_91_outputs_without_the_unused_ones(tmp_path: Path) -> None:
    torch.save(build("ssdlite320_mobilenet_v3_large", 91).state_dict(), tmp_path / "coco.pth")
    spec = ModelSpec("torchvision/ssdlite320_mobilenet_v3_large", weights=str(tmp_path / "coco.pth"))
    model = load_predictor(spec)
    assert isinstance(model, Detector)
    assert len(model.info.classes) == 80
    assert model.class_index("toothbrush") == 90
    with pytest.raises(Exception, match="no class named 'unicorn'"):
        model.class_index("unicorn")
