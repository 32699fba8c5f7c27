from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from domain.errors import ExplanationError, ModelError
from domain.explanation import Target
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Labels
from explainers.base import Saliency, Subject
from explainers.gradcam import GradCAM
from explainers.hirescam import HiResCAM
from explainers.lime import LIME
from predictors import load_predictor
from predictors.exported import ExportedClassifier
from predictors.program_facts import Logits
from tests.semantic_models import Dense, Probabilities, draw_things, save_exported, save_names, save_torchscript


class Soft(nn.Module):
    """A classifier that answers probabilities."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU())
        self.head = nn.Linear(4, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures).mean(dim=(2, 3))).softmax(dim=1)


def found_things(name: str, names: Path) -> list[tuple[str, tuple[float, ...]]]:
    [content] = load_predictor(ModelSpec(name, classes=str(names), mean=(0, 0, 0), std=(1, 1, 1))).predict(
        [draw_things()]
    )
    assert isinstance(content, Instances)
    return sorted((item.label, tuple(round(value, 1) for value in item.box.as_tuple())) for item in content.items)


THINGS = [("green", (0.4, 0.6, 0.6, 0.9)), ("red", (0.1, 0.1, 0.4, 0.4)), ("red", (0.6, 0.1, 0.9, 0.4))]


@pytest.mark.parametrize("network", [Dense(), Probabilities()])
def test_a_semantic_program_finds_its_things_whether_it_answers_logits_or_probabilities(
    network: nn.Module, tmp_path: Path
) -> None:
    names = save_names(tmp_path / "names.txt")
    exported, scripted = save_exported(tmp_path / "m.pt2", network), save_torchscript(tmp_path / "m.pt", network)
    expected = found_things(f"pt2/{exported}", names)
    assert [label for label, _ in expected] == ["green", "red", "red"]
    for (_, box), (_, planted) in zip(expected, THINGS, strict=True):
        assert box == pytest.approx(planted, abs=0.11)
    assert [label for label, _ in found_things(f"torchscript/{scripted}", names)] == ["green", "red", "red"]


def test_the_layers_of_an_exported_program_can_be_looked_at(exported_dense: Path, tmp_path: Path) -> None:
    model = load_predictor(ModelSpec(f"pt2/{exported_dense}", classes=str(save_names(tmp_path / "names.txt"))))
    saliency = GradCAM(layer="encoder.1").explain(model, draw_things(), Target("green"))
    assert saliency.layer.endswith("network.encoder.1")
    row, column = np.unravel_index(saliency.heatmap.argmax(), saliency.heatmap.shape)
    assert (row // 8, column // 4) in {(1, 1), (1, 2)}  # the lower half, in the middle


def test_a_torchscript_program_is_explained_by_its_probabilities(tmp_path: Path) -> None:
    path = save_torchscript(tmp_path / "m.pt")
    model = load_predictor(
        ModelSpec(f"torchscript/{path}", classes=str(save_names(tmp_path / "n.txt")), resize=64, crop=64)
    )
    assert GradCAM.why_not(model)
    saliency = LIME(samples=200, fill="grey").explain(model, draw_things(), Target("green"))
    assert np.unravel_index(saliency.heatmap.argmax(), saliency.heatmap.shape)[0] > 32


def test_an_exported_classifier_takes_several_pictures_and_keeps_its_probabilities(tmp_path: Path) -> None:
    network = Soft()
    model = load_predictor(ModelSpec(f"pt2/{save_exported(tmp_path / 'soft.pt2', network)}"))
    assert isinstance(model, ExportedClassifier)
    pictures = [draw_things(), 255 - draw_things()]
    contents = model.predict(pictures)
    with torch.inference_mode():
        crops = [model.preprocessing.normalise([picture], device=torch.device("cpu")) for picture in pictures]
        expected = network(torch.cat(crops)).numpy()
    for content, row in zip(contents, expected, strict=True):
        assert isinstance(content, Labels)
        np.testing.assert_allclose(list(content.scores.values()), row, rtol=1e-4)
    label = model.info.classes[int(expected[0].argmax())]
    subjects = [Subject(picture, Target(label)) for picture in pictures]
    method = HiResCAM(layer="features.0")
    alone = [method.explain_each(model, [subject])[0] for subject in subjects]
    for one, other in zip(alone, method.explain_each(model, subjects), strict=True):
        assert describe(one) == describe(other)


def describe(made: Saliency | ExplanationError) -> object:
    return made.heatmap.tolist() if isinstance(made, Saliency) else str(made)


def test_logits_of_probabilities_give_the_same_probabilities() -> None:
    soft = torch.tensor([[0.2, 0.7, 0.1]])
    several, single = Logits(nn.Identity()), Logits(nn.Identity())
    several.is_soft = single.is_soft = True
    torch.testing.assert_close(several(soft).softmax(dim=1), soft)
    torch.testing.assert_close(single(soft[:, :1]).sigmoid(), soft[:, :1])


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        (torch.zeros(2, 3, 16, 16), r"inputs of the shapes \(2, 3, 16, 16\); expected a single one of \(1, 3, h, w\)"),
        (torch.zeros(1, 1, 16, 16), r"inputs of the shapes \(1, 1, 16, 16\)"),
    ],
)
def test_programs_for_other_inputs_are_refused(example: Tensor, reason: str, tmp_path: Path) -> None:
    program = torch.export.export(nn.Conv2d(example.shape[1], 2, 1), (example,))
    torch.export.save(program, tmp_path / "other.pt2")
    with pytest.raises(ModelError, match=reason):
        load_predictor(ModelSpec(f"pt2/{tmp_path / 'other.pt2'}"))


def test_answers_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = save_exported(tmp_path / "flat.pt2", nn.Flatten(start_dim=2))
    with pytest.raises(ModelError, match=r"answers numbers of shape \(1, 3, 4096\); expected"):
        load_predictor(ModelSpec(f"pt2/{path}"))


def test_other_files_are_refused(resnet: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no program that PyTorch exported"):
        load_predictor(ModelSpec(f"pt2/{resnet}"))
    with zipfile.ZipFile(tmp_path / "hollow.pt2", "w") as archive:
        archive.writestr("a/b", b"")
    with pytest.raises(ModelError, match="no program that PyTorch exported"):
        load_predictor(ModelSpec(f"pt2/{tmp_path / 'hollow.pt2'}"))
    with pytest.raises(ModelError, match="no such file"):
        load_predictor(ModelSpec(f"pt2/{tmp_path / 'missing.pt2'}"))


def test_the_size_of_the_pictures_is_the_programs_own(exported_dense: Path) -> None:
    with pytest.raises(ModelError, match="takes pictures of 64 x 64 pixels"):
        load_predictor(ModelSpec(f"pt2/{exported_dense}", resize=32))
