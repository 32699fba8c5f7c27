"""EazyML's online learning: classifiers and semantic models learn from tables of images and labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import get_model

from formats.eazyml.answers import parse_online_learning_answer
from services.eazyml import ez_image_model_evaluate, ez_image_online_learning
from tests.semantic_models import save_exported
from tests.services.small_models import CLASSES, save_weights

SIDE = 32
COLOURS = {"can": (220, 30, 30), "water": (30, 30, 220)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A classifier of four classes and pictures of two of them."""
    save_weights(tmp_path / "model.pth")
    facts = {"builder": "torchvision/shufflenet_v2_x0_5", "classes": list(CLASSES), "resize": SIDE, "crop": SIDE}
    (tmp_path / "model.json").write_text(json.dumps(facts))
    write_table(tmp_path / "new.csv", 10, seed=0)
    write_table(tmp_path / "old.csv", 6, seed=1)
    write_table(tmp_path / "validation.csv", 6, seed=2)
    return tmp_path


def write_table(path: Path, count: int, *, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    lines = ["inputs,labels"]
    for number in range(count):
        label = list(COLOURS)[number % 2]
        pixels = np.clip(rng.normal(COLOURS[label], 25, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
        image = path.with_name(f"{path.stem}{number}.png")
        Image.fromarray(pixels).save(image)
        lines.append(f"{image},{label}")
    path.write_text("\n".join(lines))
    return path


def learn(folder: Path, **options: Any) -> dict[str, Any]:
    parameters = {"epochs": 4, "batchsize": 4, "learning_rate": 2e-3, **options.pop("parameters", {})}
    model = options.pop("model", "model.pth")
    given = {
        "training_parameters": parameters,
        "validation_data_path": str(folder / "validation.csv"),
        "new_model_path": str(folder / "new.safetensors"),
        **options,
    }
    return ez_image_online_learning(str(folder / "new.csv"), str(folder / model), given)


def test_a_classifier_learns_and_its_child_is_loaded_by_its_path(folder):
    answer = learn(folder, log_file=str(folder / "log.csv"))
    assert answer["success"], answer
    info = answer["training_info"]
    assert info["model"] == str(folder / "new.safetensors")
    assert len(info["history"]["loss"]) == len(info["history"]["val_loss"]) == 4
    assert parse_online_learning_answer(answer).history["loss"] == tuple(info["history"]["loss"])
    before, after = (
        ez_image_model_evaluate(str(folder / "validation.csv"), str(path))["metrics"]
        for path in (folder / "model.pth", folder / "new.safetensors")
    )
    assert after["loss"] < before["loss"]
    assert after["metric_accuracy"] == info["history"]["val_metric_accuracy"][0]
    assert (folder / "log.csv").read_text().count("\n") == 5


@pytest.mark.parametrize(
    "options",
    [
        {"ol_strategy": "joint-training"},
        {"ol_strategy": "knowledge-distillation"},
        {"tr_strategy": "transfer-learning", "parameters": {"trainable_layers": 1}},
        {"tr_strategy": "dropouts", "parameters": {"dropout": 0.2}},
        {"tr_strategy": "whole-model"},
    ],
)
def test_every_strategy_gives_a_model(folder, options):
    if "ol_strategy" in options:
        options["training_data_path"] = str(folder / "old.csv")
    options["parameters"] = {**options.get("parameters", {}), "epochs": 1}
    answer = learn(folder, **options)
    assert answer["success"], answer
    assert Path(answer["training_info"]["model"]).is_file()


def test_a_frozen_network_keeps_its_first_layers(folder):
    from safetensors.torch import load_file

    learn(folder, tr_strategy="transfer-learning", parameters={"trainable_layers": 1, "epochs": 1})
    before, after = torch.load(folder / "model.pth", weights_only=True), load_file(folder / "new.safetensors")
    assert torch.equal(before["conv1.0.weight"], after["conv1.0.weight"])
    assert not torch.equal(before["fc.weight"], after["fc.weight"])


def test_what_is_not_used_is_told(folder):
    answer = learn(
        folder,
        validation_data_path=None,
        parameters={"epochs": 1, "loss": "dice"},
        required_functions={"loss_fn": lambda labels, outputs: 1.0, "metric_fns": {"mine": lambda labels, outputs: 3}},
    )
    assert answer["success"], answer
    assert "loss_fn judged it and did not train it" in answer["message"]
    assert "Not used of training_parameters: loss." in answer["message"]
    assert "2 of the images judged it" in answer["message"]
    assert answer["training_info"]["history"]["val_mine"] == [3]


def test_a_semantic_model_learns_from_masks(tmp_path):
    torch.manual_seed(0)
    network = get_model("lraspp_mobilenet_v3_large", weights=None, weights_backbone=None, num_classes=2)
    torch.save(network.state_dict(), tmp_path / "model.pth")
    facts = {"builder": "lraspp_mobilenet_v3_large", "classes": ["can"], "resize": 64}
    (tmp_path / "model.json").write_text(json.dumps(facts))
    lines = ["inputs,labels"]
    for number in range(4):
        mask = np.zeros((64, 64 + number), np.uint8)
        mask[16:48, 8 * number : 8 * number + 32] = 255
        picture = np.where(mask[..., None] > 0, (220, 30, 30), (90, 90, 90)).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / f"p{number}.png")
        Image.fromarray(mask).save(tmp_path / f"m{number}.png")
        lines.append(f"p{number}.png,m{number}.png")
    for name in ("new.csv", "validation.csv"):
        (tmp_path / name).write_text("\n".join(lines))
    answer = learn(tmp_path, parameters={"epochs": 12, "batch_size": 4, "learning_rate": 5e-3, "batchsize": None})
    assert answer["success"] is False  # both spellings
    answer = ez_image_online_learning(
        str(tmp_path / "new.csv"),
        str(tmp_path / "model.pth"),
        {
            "training_parameters": {"epochs": 12, "batch_size": 4, "learning_rate": 5e-3},
            "validation_data_path": str(tmp_path / "validation.csv"),
        },
    )
    assert answer["success"], answer
    assert answer["training_info"]["model"] == str(tmp_path / "trained_model.safetensors")
    losses = answer["training_info"]["history"]["loss"]
    assert losses[-1] < losses[0]
    assert json.loads((tmp_path / "trained_model.json").read_text())["builder"].endswith("lraspp_mobilenet_v3_large")
    answer = ez_image_online_learning(
        str(tmp_path / "new.csv"),
        str(tmp_path / "model.pth"),
        {"ol_strategy": "knowledge-distillation", "training_data_path": str(tmp_path / "new.csv")},
    )
    assert "knowledge-distillation is for classifiers here" in answer["message"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ol_strategy": "joint-training"}, "training-data must be provided for JT and KD."),
        ({"tr_strategy": "dropouts"}, "dropout must be provided for dropouts tr_strategy."),
        ({"tr_strategy": "dropouts", "parameters": {"dropout": 1.5}}, "invalid dropout value: 1.5"),
        ({"tr_strategy": "transfer-learning"}, "trainable_layers must be provided"),
        ({"parameters": {"epochs": 1.5}}, "epochs should be integer"),
        ({"parameters": {"learning_rate": 1}}, "learning_rate should be float"),
        ({"parameters": {"epochs": 0}}, "The epochs is 0"),
        ({"new_model_path": "new.h5"}, "expected a .safetensors file"),
        ({"model": "program.pt2"}, "cannot learn here"),
        (
            {"required_functions": {"input_preprocess_fn": lambda picture: picture[..., 0]}},
            "expected (h, w, 3) numbers",
        ),
    ],
)
def test_what_cannot_be_learned_is_told_and_nothing_is_written(folder, options, message):
    if options.get("model"):
        save_exported(folder / "program.pt2")
    answer = learn(folder, **options)
    assert answer["success"] is False
    assert message in answer["message"]
    assert not (folder / "new.safetensors").exists()


def test_unreadable_images_and_unknown_classes_are_told_by_their_line(folder):
    (folder / "new0.png").write_bytes(b"nothing")
    assert "line 2" in learn(folder)["message"] or "line 2" in learn(folder, validation_data_path=None)["message"]
    (folder / "new.csv").write_text(f"inputs,labels\n{folder / 'new1.png'},dragon\n{folder / 'new2.png'},can")
    assert "The model has no class 'dragon'" in learn(folder)["message"]
