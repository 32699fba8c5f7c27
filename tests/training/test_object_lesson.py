"""Detectors of every family learn boxes, repeat themselves, go on exactly, and get outputs for new classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import get_model

from domain.errors import Cancelled, InputError, ModelError
from domain.geometry import Box
from domain.prediction import Instance
from tests.training.small_classifier import figures
from tests.training.small_detector import CLASSES, FAMILIES, SIDE, detector, examples, learn, square, with_objects
from training.examples import Epoch
from training.object_examples import as_seen, make_target
from training.object_heads import refit_outputs, use_usual_epsilon
from training.recipe import BEST, Recipe

QUICK = Recipe(epochs=2, batch_size=4, learning_rate=5e-3, patience=0)
PICTURE = torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)


def weights(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / BEST)


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_and_the_same_seed_gives_the_same_weights(tmp_path, family) -> None:
    recipe = replace(QUICK, epochs=3)
    made = learn(tmp_path / "a", recipe, module=detector(family))
    assert made.history[-1].loss < made.history[0].loss
    learn(tmp_path / "b", recipe, module=detector(family))
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    child = detector(family, seed=9)
    child.load_state_dict(weights(tmp_path / "a"))
    (found,) = child.eval()([torch.rand(3, SIDE, SIDE)])
    assert set(found["labels"].tolist()) <= {0, 1, 2}


def test_it_finds_the_squares_of_unseen_pictures(tmp_path) -> None:
    made = learn(tmp_path, replace(QUICK, epochs=25, learning_rate=1e-2), examples(count=32))
    assert made.history[0].figure < 0.4
    assert made.history[made.best - 1].figure > 0.6


@pytest.mark.parametrize("mode", ["normal", "transfer-learning"])
def test_a_stopped_training_keeps_its_best_epoch_and_goes_on_to_the_same_weights(tmp_path, mode) -> None:
    recipe = replace(QUICK, mode=mode, epochs=3)
    straight = learn(tmp_path / "straight", recipe)
    heard: list[tuple[Epoch, ...]] = []

    def stop(done: int, total: int) -> None:
        if heard and len(heard[-1]) == 1 and done > 0.5 * total:  # in the middle of the second epoch
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        learn(tmp_path / "stopped", recipe, report=stop, heard=heard.append)
    assert (tmp_path / "stopped" / BEST).exists()
    went_on = learn(tmp_path / "stopped", recipe)
    assert figures(went_on.history) == figures(straight.history)
    assert same(weights(tmp_path / "stopped"), weights(tmp_path / "straight"))


@pytest.mark.parametrize(("layers", "moving"), [(1, set()), (2, {"late"}), (3, {"early", "late"})])
def test_the_layers_that_were_chosen_learn_and_no_statistics_move(tmp_path, layers, moving) -> None:
    before = detector().state_dict()
    learn(tmp_path, replace(QUICK, mode="transfer-learning", trainable_layers=layers))
    after = weights(tmp_path)
    changed = {name for name, value in after.items() if not torch.equal(before[name], value)}
    assert {name.split(".")[1] for name in changed if name.startswith("backbone.")} == moving
    assert not any("running_" in name for name in changed)
    assert {name.split(".")[0] for name in changed} >= {"rpn", "roi_heads"}


@pytest.mark.parametrize("outlined", [True, False])
def test_masks_are_learned_where_objects_have_outlines_and_else_stay_as_they_are(tmp_path, outlined) -> None:
    before = detector("mask").state_dict()
    learn(tmp_path, QUICK, examples(outlined=outlined), module=detector("mask"))
    heads = {name: value for name, value in weights(tmp_path).items() if "mask_" in name}
    assert any(not torch.equal(before[name], value) for name, value in heads.items()) is outlined


def test_objects_that_are_none_do_not_stop_a_training(tmp_path) -> None:
    line = Instance("line", "red", Box(0.2, 0.2, 0.2, 0.6))
    inverted = Instance("inverted", "red", Box(0.6, 0.2, 0.2, 0.6))
    outside = Instance("outside", "red", Box(0.9, 0.9, 1.4, 1.4))
    given = with_objects(examples(), 0, line, inverted, outside)
    assert make_target(given.objects[0], PICTURE, CLASSES)["boxes"].tolist() == [
        pytest.approx([57.6, 57.6, 64, 64], abs=1e-3)
    ]
    assert len(learn(tmp_path, replace(QUICK, epochs=1), given).history) == 1


def test_a_target_holds_all_rings_of_an_object_and_no_crowd() -> None:
    crowd = replace(square("green", 0.1, 0.1), is_crowd=True)
    given = with_objects(examples(), 0, square("green", 0.25, 0.25, 0.5), crowd)
    target = make_target(given.objects[0], PICTURE, CLASSES)
    assert target["labels"].tolist() == [2]
    assert target["masks"].sum().item() == pytest.approx(32 * 32, abs=70)


def scores_of(module: nn.Module) -> Tensor:
    """(..., C) what the last layers say of each output: classes, corners and masks."""
    torch.manual_seed(4)
    if not hasattr(module, "roi_heads"):
        channels = module.get_parameter(next(name for name, _ in module.head.named_parameters(prefix="head"))).shape[1]
        return module.get_submodule("head.classification_head")([torch.rand(1, channels, 8, 8)])[0]
    heads = module.roi_heads
    classes, corners = heads.box_predictor(torch.rand(5, 16))
    said = torch.cat([classes[..., None], corners.reshape(5, -1, 4)], dim=2).transpose(1, 2).flatten(0, 1)
    if heads.mask_predictor is None:
        return said
    return torch.cat([said, heads.mask_predictor(torch.rand(1, 8, 6, 6))[0].flatten(1).T])


@pytest.mark.parametrize("family", FAMILIES)
def test_new_classes_get_outputs_and_what_is_known_is_scored_as_before(family) -> None:
    module = detector(family)
    with torch.no_grad():
        before = scores_of(module)
        refit_outputs(module, {"red": 1, "green": 2}, ("green", "blue", "red"), seed=1)
        after = scores_of(module)
    assert (before.shape[-1], after.shape[-1]) == (3, 4)
    assert torch.allclose(after[..., [0, 3, 1]], before, atol=1e-6)
    (found,) = module([torch.rand(3, SIDE, SIDE)])
    assert set(found) >= {"boxes", "labels", "scores"}


def test_a_network_that_names_its_output_0_has_it_moved() -> None:
    module = detector("retinanet")
    with torch.no_grad():
        before = scores_of(module)
        refit_outputs(module, {"red": 0, "green": 1, "blue": 2}, ("red", "green", "blue"))
        after = scores_of(module)
    assert torch.allclose(after[..., 1:], before, atol=1e-6)
    assert float(after[..., 0].sigmoid().max()) < 0.05


@pytest.mark.parametrize(
    "name", ["ssdlite320_mobilenet_v3_large", "ssd300_vgg16", "retinanet_resnet50_fpn_v2", "fcos_resnet50_fpn"]
)
def test_torchvisions_own_builders_take_the_weights_of_a_grown_network(name) -> None:
    with torch.device("meta"):
        parts = [get_model(name, weights=None, weights_backbone=None, num_classes=count) for count in (3, 5)]
    network = parts[0].to_empty(device="cpu")
    refit_outputs(network, {"red": 1, "green": 2}, ("red", "green", "blue", "grey"))
    assert {key: value.shape for key, value in network.state_dict().items()} == {
        key: value.shape for key, value in parts[1].state_dict().items()
    }


def test_a_training_with_a_new_class_learns_it(tmp_path) -> None:
    given = with_objects(examples(), 0, square("blue", 0.2, 0.2))
    learn(tmp_path, QUICK, given, classes=(CLASSES, (*CLASSES, "blue")))
    assert weights(tmp_path)["roi_heads.box_predictor.cls_score.weight"].shape[0] == 4


def test_what_the_old_model_says_weighs_what_was_chosen(tmp_path) -> None:
    given = examples()
    taught = replace(given, trusted=np.arange(len(given.objects)) >= len(given.learn))
    recipe = replace(QUICK, strategy="knowledge-distillation", distillation=0.0)
    learn(tmp_path / "nothing", replace(recipe, weight_decay=0.0), taught)
    assert same(weights(tmp_path / "nothing"), detector().state_dict())
    learn(tmp_path / "half", replace(recipe, distillation=0.5), taught)
    learn(tmp_path / "plain", replace(recipe, strategy="joint-training"), given)
    assert same(weights(tmp_path / "half"), weights(tmp_path / "plain"))
    with pytest.raises(ModelError, match="none of the classes"):
        learn(tmp_path / "other", recipe, given, classes=(CLASSES, ("x", "y")))


@pytest.mark.parametrize(
    ("choices", "words"),
    [({"mode": "dropouts"}, "no single last layer.*normal or transfer-learning"), ({"evidence": 1.0}, "classifiers")],
)
def test_what_a_detector_cannot_do_is_refused_in_a_sentence(tmp_path, choices, words) -> None:
    with pytest.raises(InputError, match=words):
        learn(tmp_path, replace(QUICK, **choices))


def test_a_network_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="A Sequential has no outputs"):
        refit_outputs(nn.Sequential(), {}, ("red",))


def test_a_picture_is_kept_as_the_network_sees_it_and_never_larger() -> None:
    large, small = torch.rand(3, 200, 100), torch.rand(3, 20, 10)
    assert as_seen(detector(), large).shape == (64, 32, 3)
    assert as_seen(detector(), small).shape == (20, 10, 3)


def test_a_network_trained_without_an_epsilon_does_the_same_with_the_usual_one() -> None:
    norm = nn.BatchNorm2d(3, eps=0.0).eval()
    assert norm.running_var is not None
    norm.running_var.copy_(torch.tensor([1e-3, 0.5, 2.0]))
    values = torch.rand(2, 3, 4, 4)
    before = norm(values)
    use_usual_epsilon(norm)
    assert norm.eps > 0
    assert torch.allclose(norm(values), before, rtol=1e-3)
