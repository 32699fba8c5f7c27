from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from domain.errors import ModelError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Labels, Task
from predictors import load_predictor
from predictors.torchscript import TorchScriptClassifier
from tests.predictors.conftest import build, save_script


class AlreadySoft(nn.Module):
    """Answers probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.linear(images.mean(dim=[2, 3])).softmax(dim=1)


class OneBox(nn.Module):
    """Finds one object on every picture, with a mask over its left half."""

    def __init__(self, label: int) -> None:
        super().__init__()
        self.label = label

    def forward(self, images: list[Tensor]) -> list[dict[str, Tensor]]:
        found: list[dict[str, Tensor]] = []
        for image in images:
            masks = torch.zeros(1, 1, image.shape[1], image.shape[2])
            masks[:, :, :, : image.shape[2] // 2] = 1.0
            found.append(
                {
                    "boxes": torch.tensor([[0.0, 0.0, image.shape[2] / 2.0, float(image.shape[1])]]),
                    "labels": torch.full((1,), self.label),
                    "scores": torch.full((1,), 0.9),
                    "masks": masks,
                }
            )
        return found


class Chatty(nn.Module):
    """Answers text."""

    def forward(self, images: Tensor) -> str:
        return f"{images.shape[0]} cats"


def spec_of(path: Path, **wishes: object) -> ModelSpec:
    return ModelSpec(f"torchscript/{path}", **wishes)  # pyright: ignore[reportArgumentType]


def names_file(folder: Path, *names: str) -> str:
    path = folder / "names.txt"
    path.write_text("\n".join(names))
    return str(path)


def test_a_classifier_answers_probabilities_and_says_what_it_is(
    scripted_classifier: Path, picture: RGBImage, tmp_path: Path
) -> None:
    model = load_predictor(spec_of(scripted_classifier, classes=names_file(tmp_path, "a", "b", "c")))
    [content] = model.predict([picture])
    assert isinstance(content, Labels)
    assert content.names == ("a", "b", "c")
    assert sum(content.scores.values()) == pytest.approx(1)
    assert model.info.notes[0] == "TorchScript is a program, not a sandbox: load only files you trust."
    assert any("gradients are not offered" in note for note in model.info.notes)


def test_classes_are_numbered_without_names(scripted_classifier: Path) -> None:
    assert load_predictor(spec_of(scripted_classifier)).info.classes == ("class 0", "class 1", "class 2")
    with pytest.raises(ModelError, match="There are 2 class names, but the network has 3 outputs"):
        load_predictor(spec_of(scripted_classifier, classes=names_file(scripted_classifier.parent, "a", "b")))


def test_multi_label_is_asked_for(scripted_classifier: Path, picture: RGBImage) -> None:
    soft, independent = (
        load_predictor(spec_of(scripted_classifier, task=task))
        for task in ("image_classification", "image_classification_multilabel")
    )
    assert independent.info.task is Task.MULTILABEL
    assert soft.predict([picture]) != independent.predict([picture])
    assert soft.info.model_id != independent.info.model_id


def test_probabilities_are_not_softened_again(tmp_path: Path, picture: RGBImage) -> None:
    torch.manual_seed(2)
    network = AlreadySoft()
    model = load_predictor(spec_of(save_script(network, tmp_path / "soft.pt")))
    assert isinstance(model, TorchScriptClassifier)
    crop, _ = model.crop(picture)
    with torch.no_grad():
        expected = network(model.preprocessing.normalise([crop], device=torch.device("cpu"))).numpy()
    np.testing.assert_allclose(model.scores([crop]), expected, rtol=1e-5)


def test_a_detector_in_torchvisions_style_gives_boxes_and_polygons(tmp_path: Path, picture: RGBImage) -> None:
    path = save_script(OneBox(2), tmp_path / "boxes.pt")
    model = load_predictor(spec_of(path, classes=names_file(tmp_path, "cat", "dog")))
    assert model.info.task is Task.SEGMENTATION
    [content] = model.predict([picture])
    assert isinstance(content, Instances)
    [item] = content.items
    assert (item.label, item.box.as_tuple()) == ("dog", pytest.approx((0, 0, 0.5, 1)))
    assert max(item.polygons[0][0::2]) == pytest.approx(0.5, abs=0.01)


def test_the_background_may_be_named(tmp_path: Path, picture: RGBImage) -> None:
    path = save_script(OneBox(2), tmp_path / "boxes.pt")
    model = load_predictor(spec_of(path, classes=names_file(tmp_path, "background", "cat", "dog")))
    [content] = model.predict([picture])
    assert isinstance(content, Instances)
    assert content.items[0].label == "dog"


def test_a_class_without_a_name_is_told(tmp_path: Path, picture: RGBImage) -> None:
    path = save_script(OneBox(7), tmp_path / "boxes.pt")
    model = load_predictor(spec_of(path, classes=names_file(tmp_path, "cat", "dog")))
    with pytest.raises(ModelError, match="answers class 7, but there are 2 class names"):
        model.predict([picture])


def test_a_detector_that_does_not_count_its_classes_needs_names(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not tell how many classes"):
        load_predictor(spec_of(save_script(OneBox(1), tmp_path / "boxes.pt")))


def test_a_scripted_torchvision_detector_answers_as_the_original(
    faster_rcnn: Path, tmp_path: Path, picture: RGBImage
) -> None:
    name = "fasterrcnn_mobilenet_v3_large_320_fpn"
    network = build(name, 4)
    network.roi_heads.score_thresh = 0.05
    path = save_script(network, tmp_path / "scripted.pt")
    [scripted] = load_predictor(spec_of(path)).predict([picture])
    [plain] = load_predictor(ModelSpec(f"torchvision/{name}", weights=str(faster_rcnn))).predict([picture])
    assert isinstance(scripted, Instances)
    assert isinstance(plain, Instances)
    assert len(scripted.items) == len(plain.items) > 0
    for ours, theirs in zip(scripted.items, plain.items, strict=True):
        assert ours.score == pytest.approx(theirs.score, abs=1e-4)


def test_other_files_are_refused(tmp_path: Path, resnet: Path) -> None:
    with pytest.raises(ModelError, match="no TorchScript archive") as caught:
        load_predictor(spec_of(resnet))
    assert f"--weights {resnet}" in caught.value.remedy
    with pytest.raises(ModelError, match="no such file"):
        load_predictor(spec_of(tmp_path / "missing.pt"))
    (tmp_path / "empty.pt").touch()
    with pytest.raises(ModelError, match="empty"):
        load_predictor(spec_of(tmp_path / "empty.pt"))


def test_an_archive_without_its_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hollow.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hollow/constants.pkl", b"")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_predictor(spec_of(path))


def test_answers_of_another_form_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="answers neither"):
        load_predictor(spec_of(save_script(Chatty(), tmp_path / "chatty.pt")))


def test_a_failing_program_is_told_with_its_reason(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    path = save_script(network, tmp_path / "small.pt")
    with pytest.raises(ModelError, match="mat1 and mat2 shapes cannot be multiplied"):
        load_predictor(spec_of(path))
    assert load_predictor(spec_of(path, resize=2, crop=2)).info.input_size == (2, 2)


def test_a_task_that_does_not_go_with_the_program_is_refused(scripted_classifier: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        load_predictor(spec_of(scripted_classifier, task="image_object_detection"))
    path = save_script(OneBox(1), tmp_path / "boxes.pt")
    with pytest.raises(ModelError):
        load_predictor(spec_of(path, task="image_classification", classes=names_file(tmp_path, "cat")))
    with pytest.raises(ModelError, match="no task 'painting'"):
        load_predictor(spec_of(path, task="painting"))
