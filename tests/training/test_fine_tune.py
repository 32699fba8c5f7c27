"""Fine-tuning learns, repeats itself, stops and goes on exactly, and loses nothing when the disk is full."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from domain.errors import Cancelled, InputError, LimitError, ModelError, UnknownNameError
from domain.geometry import Box
from tests.training.small_classifier import CLASSES, examples, figures, learn, network
from training.examples import Epoch
from training.fine_tune import LAST
from training.layers import find_head, refit_head
from training.objective import evidence_loss
from training.recipe import BEST, MODES, STRATEGIES, Recipe
from training.views import inside_mask

QUICK = Recipe(epochs=4, batch_size=8, learning_rate=0.02, patience=0)


def weights(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / BEST)


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_learns_and_the_same_seed_gives_the_same_weights(tmp_path, mode, multilabel) -> None:
    recipe = replace(QUICK, mode=mode, epochs=8)
    made = learn(tmp_path / "a", recipe, examples(multilabel=multilabel))
    assert made.history[-1].loss < made.history[0].loss
    assert max(epoch.figure for epoch in made.history) == made.history[made.best - 1].figure
    learn(tmp_path / "b", recipe, examples(multilabel=multilabel))
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    learn(tmp_path / "c", replace(recipe, seed=1), examples(multilabel=multilabel))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_it_learns_the_colours_of_unseen_pictures(tmp_path) -> None:
    made = learn(tmp_path, replace(QUICK, epochs=12))
    assert made.history[made.best - 1].figure == 1.0


@pytest.mark.parametrize("mode", ["normal", "transfer-learning"])
def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path, mode) -> None:
    recipe = replace(QUICK, mode=mode)
    straight = learn(tmp_path / "straight", recipe)
    heard: list[tuple[Epoch, ...]] = []

    def stop(done: int, total: int) -> None:
        if heard and len(heard[-1]) == 2 and done > 0.7 * total:  # in the middle of the third epoch
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        learn(tmp_path / "stopped", recipe, report=stop, heard=heard.append)
    assert (tmp_path / "stopped" / BEST).exists()
    went_on = learn(tmp_path / "stopped", recipe, heard=heard.append)
    assert figures(went_on.history) == figures(straight.history)
    assert same(weights(tmp_path / "stopped"), weights(tmp_path / "straight"))


def test_where_only_the_last_layer_learns_the_rest_looks_once(tmp_path) -> None:
    module, passes = network(), []
    hook = module[0].register_forward_hook(lambda *_: passes.append(1))  # pyright: ignore[reportIndexIssue]
    learn(tmp_path, replace(QUICK, mode="transfer-learning", epochs=20), module=module)
    hook.remove()
    assert len(passes) == 1 + 27 + 9  # one look at how it ends, then each picture, whatever the epochs


def test_a_finished_training_is_not_learned_again(tmp_path) -> None:
    first = learn(tmp_path, QUICK)
    assert learn(tmp_path, QUICK) == first


def test_going_on_with_other_choices_is_refused(tmp_path) -> None:
    learn(tmp_path, QUICK)
    with pytest.raises(ModelError, match=r"other choices.*Start anew"):
        learn(tmp_path, replace(QUICK, learning_rate=0.5))


def test_a_damaged_state_is_refused_in_a_sentence(tmp_path) -> None:
    learn(tmp_path, QUICK)
    (tmp_path / LAST).write_bytes(b"half a file")
    with pytest.raises(ModelError, match=r"is damaged.*Start anew"):
        learn(tmp_path, QUICK)


def test_learning_ends_when_nothing_gets_better(tmp_path) -> None:
    still = replace(QUICK, epochs=50, patience=2, learning_rate=1e-7)
    made = learn(tmp_path, still)
    assert len(made.history) < 50
    assert len(made.history) == made.best + 2


def test_what_is_frozen_stays_as_it_is_with_its_statistics(tmp_path) -> None:
    before = network().state_dict()
    learn(tmp_path, replace(QUICK, mode="transfer-learning", trainable_layers=1))
    after = weights(tmp_path)
    assert {name for name in before if not torch.equal(before[name], after[name])} == {"8.weight", "8.bias"}
    learn(tmp_path / "two", replace(QUICK, mode="transfer-learning", trainable_layers=2))
    changed = {name for name, value in weights(tmp_path / "two").items() if not torch.equal(before[name], value)}
    assert {name.partition(".")[0] for name in changed} == {"3", "4", "8"}


def test_the_network_that_is_learned_from_stays_as_it_was(tmp_path) -> None:
    module = network()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    learn(tmp_path, QUICK, module=module)
    assert same(before, module.state_dict())
    assert not module.training


def test_a_full_disk_keeps_the_checkpoint_that_was_there(tmp_path, monkeypatch) -> None:
    learn(tmp_path, QUICK)
    kept = {name: (tmp_path / name).read_bytes() for name in (BEST, LAST)}
    (tmp_path / LAST).unlink()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(LimitError, match=r"No space left on device\. The one that was there is kept\..*Free some"):
            learn(tmp_path, QUICK)
    assert (tmp_path / BEST).read_bytes() == kept[BEST]
    assert [file.name for file in tmp_path.iterdir()] == [BEST]  # and nothing half written
    learn(tmp_path, QUICK)
    assert same(weights(tmp_path), load_file_from(kept[BEST], tmp_path))


def load_file_from(content: bytes, folder: Path) -> dict[str, Tensor]:
    file = folder / "kept.safetensors"
    file.write_bytes(content)
    return load_file(file)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_too_little_memory_is_told_with_a_smaller_batch(tmp_path, error) -> None:
    def fail(done: int, total: int) -> None:
        raise error

    with pytest.raises(LimitError, match=r"steps of 8 images.*batch size of 4"):
        learn(tmp_path, QUICK, report=fail)


def test_a_loss_that_is_no_number_ends_in_a_sentence(tmp_path) -> None:
    module = network()
    with torch.no_grad():
        module.get_parameter("8.weight").fill_(float("nan"))
    with pytest.raises(ModelError, match="lower learning rate"):
        learn(tmp_path, QUICK, module=module)
    assert not (tmp_path / BEST).exists()


def test_labels_that_do_not_count_are_not_learned(tmp_path) -> None:
    given = examples()
    wrong = np.where(np.arange(36) < 18, (given.targets + 1) % 3, given.targets).astype(np.int64)
    trusted = np.arange(36) >= 18
    made = learn(tmp_path / "some", replace(QUICK, epochs=12), replace(given, targets=wrong, trusted=trusted))
    assert made.history[made.best - 1].figure == 1.0


def test_the_parent_teaches_where_no_label_counts(tmp_path) -> None:
    learn(tmp_path / "parent", replace(QUICK, epochs=12))
    parent = network()
    parent.load_state_dict(weights(tmp_path / "parent"))
    given = replace(examples(), trusted=np.zeros(36, bool))
    # The child begins from other weights, so that all it knows it was taught.
    recipe = replace(QUICK, strategy="knowledge-distillation", epochs=6, distillation=1.0, smoothing=0.0)
    made = learn(tmp_path / "child", recipe, given, module=parent)
    assert made.history[made.best - 1].figure == 1.0
    with pytest.raises(ModelError, match="none of the classes"):
        learn(tmp_path / "other", recipe, given, classes=(CLASSES, ("x", "y", "z")))


def test_new_classes_get_an_output_and_known_ones_keep_theirs() -> None:
    module = network()
    old = find_head(module, 3)[1].weight.clone()
    refit_head(module, CLASSES, ("blue", "pink", "red", "grey"))
    new = find_head(module, 4)[1].weight
    assert torch.equal(new[0], old[2])
    assert torch.equal(new[2], old[0])
    with pytest.raises(ModelError, match="no last layer of 7 outputs"):
        refit_head(module, tuple("abcdefg"), CLASSES)


def seeing_places() -> nn.Module:
    """A network without a global average: it can tell places apart."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(256, 3)).eval()


def test_evidence_is_pressed_into_the_boxes(tmp_path) -> None:
    boxes = {place: [Box(0, 0, 0.5, 0.5)] for place in range(36)}
    given = examples(boxes=boxes)

    def outside(folder: Path) -> float:
        module = seeing_places()
        module.load_state_dict(weights(folder))
        inputs = given.views.plain(range(12)).requires_grad_()
        inside = inside_mask(boxes[0], (16, 16)).expand(12, 1, 16, 16)
        return evidence_loss(module(inputs), inputs, torch.from_numpy(given.targets[:12]), inside).item()

    recipe = replace(QUICK, epochs=6, learning_rate=5e-3)
    learn(tmp_path / "plain", recipe, given, module=seeing_places())
    learn(tmp_path / "pressed", replace(recipe, evidence=3.0), given, module=seeing_places())
    assert outside(tmp_path / "pressed") < 0.9 * outside(tmp_path / "plain")


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"epochs": 0}, "The epochs is 0; expected 1 to 1000"),
        ({"learning_rate": float("nan")}, "learning rate is nan"),
        ({"dropout": 1.0}, "dropout is 1.0; expected 0.01 to 0.95"),
        ({"trainable_layers": 0}, "trainable layers is 0"),
    ],
)
def test_choices_that_cannot_be_are_refused(choices, words) -> None:
    with pytest.raises(InputError, match=words):
        Recipe(**choices)


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=", ".join(STRATEGIES)):
        Recipe(strategy="luck")
    with pytest.raises(UnknownNameError, match=", ".join(MODES)):
        Recipe(mode="luck")
