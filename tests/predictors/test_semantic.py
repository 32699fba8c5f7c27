from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model
from torchvision.models.segmentation import DeepLabV3_ResNet50_Weights

from domain.errors import ModelError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Task
from predictors import load_predictor
from predictors.class_regions import ClassMap, find_regions, read_class_map, speck_limit
from predictors.preprocessing import ShortSide
from predictors.semantic import SemanticNetwork
from predictors.torchvision_weights import whole_picture

LRASPP = "lraspp_mobilenet_v3_large"


@pytest.fixture(scope="module")
def lraspp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small semantic network with two classes and the background, which carries their names."""
    torch.manual_seed(4)
    network = get_model(LRASPP, weights=None, weights_backbone=None, num_classes=3)
    path = tmp_path_factory.mktemp("semantic") / "lraspp.safetensors"
    save_file(network.state_dict(), path, metadata={"classes": json.dumps(["can", "carton"])})
    return path


def load(path: Path, **wishes: object) -> SemanticNetwork:
    wishes = {"resize": 64, **wishes}
    model = load_predictor(ModelSpec(f"torchvision/{LRASPP}", str(path), **wishes))  # pyright: ignore[reportArgumentType]
    assert isinstance(model, SemanticNetwork)
    return model


def test_the_class_map_has_the_size_of_the_picture_and_is_torchvisions_own(lraspp: Path, picture: RGBImage) -> None:
    model = load(lraspp)
    weights = DeepLabV3_ResNet50_Weights.DEFAULT
    transform = weights.transforms(resize_size=64)
    from PIL import Image

    network = get_model(LRASPP, weights=None, weights_backbone=None, num_classes=3).eval()
    from safetensors.torch import load_file

    network.load_state_dict(load_file(lraspp))
    with torch.inference_mode():
        logits = network(transform(Image.fromarray(picture))[None])["out"]
        expected = torch.nn.functional.interpolate(logits.softmax(1), picture.shape[:2], mode="bilinear")[0]

    found = model.class_map(picture)

    assert found.classes.shape == picture.shape[:2]
    np.testing.assert_allclose(found.scores, expected.amax(0).numpy(), atol=1e-5)
    np.testing.assert_allclose(model.probabilities(picture).sum(axis=0), 1, atol=1e-5)


def test_a_semantic_model_is_one_of_instance_segmentation_and_says_so(lraspp: Path, picture: RGBImage) -> None:
    model = load(lraspp)
    [content] = model.predict([picture])
    assert model.info.task is Task.SEGMENTATION
    assert model.info.classes == ("can", "carton")
    assert any("each connected region of a class is shown as one object" in note for note in model.info.notes)
    assert isinstance(content, Instances)
    assert {item.label for item in content.items} <= {"can", "carton"}


def test_the_transforms_are_those_of_the_published_weights() -> None:
    own = whole_picture("deeplabv3_resnet50", DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1)
    assert own == ShortSide(resize=520, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    assert own.crop_image(np.zeros((300, 600, 3), np.uint8))[0].shape == (520, 1040, 3)


@pytest.mark.parametrize("name", ["deeplabv3_mobilenet_v3_large", "fcn_resnet50"])
def test_checkpoints_with_and_without_the_auxiliary_head_fit(name: str, tmp_path: Path, picture: RGBImage) -> None:
    for has_head in (True, False):
        torch.manual_seed(0)
        network = get_model(name, weights=None, weights_backbone=None, num_classes=2, aux_loss=has_head)
        torch.save(network.state_dict(), tmp_path / "own.pth")
        model = load_predictor(ModelSpec(f"torchvision/{name}", str(tmp_path / "own.pth"), resize=32))
        assert model.info.classes == ("class 1",)
        assert len(model.predict([picture])) == 1


def test_a_semantic_checkpoint_is_recognised_when_named_otherwise(lraspp: Path) -> None:
    with pytest.raises(ModelError, match=f"It looks like torchvision/{LRASPP}"):
        load_predictor(ModelSpec("torchvision/resnet18", str(lraspp)))


def test_random_weights_answer_otherwise(lraspp: Path, picture: RGBImage) -> None:
    model = load(lraspp)
    drawn = model.with_random_weights(3)
    assert not np.allclose(model.probabilities(picture), drawn.probabilities(picture), atol=1e-3)
    np.testing.assert_array_equal(drawn.probabilities(picture), model.with_random_weights(3).probabilities(picture))


def test_what_does_not_go_with_a_semantic_model_is_refused(lraspp: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not go with a semantic model"):
        load(lraspp, task="image_object_detection")
    with pytest.raises(ModelError, match="Leave out --crop"):
        load(lraspp, crop=32)
    with pytest.raises(ModelError, match="expected 1 to"):
        load(lraspp, resize=0)
    (tmp_path / "names.txt").write_text("a\nb\nc\nd")
    with pytest.raises(ModelError, match="4 class names, but the network has 3 outputs"):
        load(lraspp, classes=str(tmp_path / "names.txt"))


def planted() -> ClassMap:
    """A ring of class 1, two squares of class 2, one of them a speck."""
    classes = np.zeros((100, 200), np.int32)
    classes[10:60, 10:60] = 1
    classes[25:45, 25:45] = 0
    classes[20:40, 120:160] = 2
    classes[80:83, 180:183] = 2
    scores = np.full(classes.shape, 0.75, np.float32)
    scores[classes == 2] = 0.9
    return ClassMap(classes, scores)


def test_every_region_is_an_object_and_specks_are_none() -> None:
    found = find_regions(planted(), {1: "ring", 2: "bar"})
    assert [(item.instance_id, item.label, item.score) for item in found.items] == [
        ("p0", "bar", pytest.approx(0.9)),
        ("p1", "ring", pytest.approx(0.75)),
    ]
    assert found.items[0].box.as_tuple() == pytest.approx((0.6, 0.2, 0.8, 0.4), abs=0.01)
    assert speck_limit(100, 200) == 16
    assert speck_limit(1000, 1000) == 500


def test_a_hole_becomes_a_ring_of_its_own() -> None:
    ring = find_regions(planted(), {1: "ring"}).items[0]
    assert len(ring.polygons) == 2
    sizes = [np.ptp(np.array(each[0::2])) * 200 for each in ring.polygons]
    assert sizes == [pytest.approx(50, abs=1.5), pytest.approx(20, abs=1.5)]


def test_classes_without_a_name_are_background() -> None:
    assert find_regions(planted(), {7: "none of them"}) == Instances(())


def test_of_one_class_pixels_from_one_half_are_inside() -> None:
    found = read_class_map(np.array([[[0.4, 0.5], [0.9, 0.0]]], np.float32))
    assert found.classes.tolist() == [[-1, 0], [0, -1]]
    np.testing.assert_allclose(found.scores, [[0.6, 0.5], [0.9, 1.0]], rtol=1e-6)
