import json

import numpy as np
import pytest

import services.train_demo


def test_the_four_data_sets_are_drawn_and_their_labels_are_valid(run_cli, tmp_path):
    result = run_cli("demo", tmp_path / "fridge", "--images", 2, "--seed", 5)

    assert result.code == 0
    assert len(result.out.splitlines()) == 4
    assert "Drawing: 8 of 8 images" in result.err
    for task in ("classification", "multilabel", "detection", "segmentation"):
        folder = tmp_path / "fridge" / task
        planted = [json.loads(line)["kind"] for line in (folder / "planted_errors.jsonl").read_text().splitlines()]
        assert f"{folder}: 2 images, label errors: 1 {planted[0].replace('_', ' ')}" in result.out
        checked = run_cli("validate", folder / "labels.jsonl", "--images", folder / "images")
        assert checked.code == 0, checked.out


@pytest.mark.parametrize("arguments", [[], ["somewhere", "--train"]])
def test_either_a_folder_or_training_is_needed(run_cli, arguments):
    result = run_cli("demo", *arguments)
    assert result.code == 1
    assert "Either DIR or --train is needed." in result.err


def test_a_number_of_images_that_makes_no_sense_is_refused(run_cli, tmp_path):
    assert "at least 1 image" in run_cli("demo", tmp_path / "d", "--images", 0).err
    (tmp_path / "file").write_text("")
    assert "cannot be written" in run_cli("demo", tmp_path / "file").err


def test_training_writes_weights_and_tells_the_losses(run_cli, tmp_path, monkeypatch):
    """The training itself has its own tests: here it is replaced, since it takes an hour."""

    def train(folder, *, report):
        report(1000, 1000)
        return {"classifier": list(np.array([0.5, 0.25]))}

    monkeypatch.setattr(services.train_demo, "train_demo_models", train)
    result = run_cli("demo", "--train", "--out", tmp_path / "weights")
    assert (result.code, result.err) == (0, "".join(["Training: 100 %\n"]))
    assert result.out == f"{tmp_path / 'weights' / 'classifier'}.safetensors: mean loss of the last epoch 0.250\n"
