from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from domain.errors import ModelError
from predictors.state_dict import copy_state, describe_difference, unwrap_state_dict

STATE = {"fc.weight": torch.ones(2, 3), "fc.bias": torch.ones(2)}


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
def test_common_wrappers_are_taken_off_and_told(wrapper: str) -> None:
    tensors, notes = unwrap_state_dict({wrapper: STATE, "epoch": 3, "optimizer": {"lr": 1}}, where="x")
    assert tensors.keys() == STATE.keys()
    assert notes == (f"The weights were taken from the entry '{wrapper}' of the checkpoint.",)


def test_prefixes_of_parallel_training_are_removed_and_told() -> None:
    wrapped = {f"module._orig_mod.{name}": tensor for name, tensor in STATE.items()}
    tensors, notes = unwrap_state_dict(wrapped, where="x")
    assert tensors.keys() == STATE.keys()
    assert ["'module.'" in notes[0], "'_orig_mod.'" in notes[1]] == [True, True]


def test_a_plain_state_dict_is_left_alone() -> None:
    assert unwrap_state_dict(STATE, where="x") == (STATE, ())


@pytest.mark.parametrize(
    ("loaded", "words"),
    [
        (torch.ones(3), "one Tensor"),
        ([1, 2], "one list"),
        ({}, "no entries"),
        ({"epoch": 3, "lr": 0.1}, r"2 entries that are no tensors \(epoch, lr\)"),
        ({"state_dict": {"a": 1}}, "entries that are no tensors"),
    ],
)
def test_what_holds_no_tensors_by_name_is_refused(loaded: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        unwrap_state_dict(loaded, where="x")


def test_a_difference_counts_and_names_the_first_few() -> None:
    expected = {name: torch.Size([2]) for name in "abcdefg"}
    found = {"g": torch.ones(3), "h": torch.ones(2)}
    words = describe_difference(expected, found)
    assert words == "6 missing (a, b, c, ...), 1 unexpected (h), 1 differently shaped (g is (3,), expected (2,))"


def test_counters_of_batch_normalisation_may_be_missing_or_left_over() -> None:
    network = nn.BatchNorm2d(2)
    state = network.state_dict()
    shapes = {name: tensor.shape for name, tensor in state.items()}
    counter = state.pop("num_batches_tracked")
    assert describe_difference(shapes, state) == ""
    del shapes["num_batches_tracked"]
    assert describe_difference(shapes, {**state, "num_batches_tracked": counter}) == ""


def test_half_precision_is_widened() -> None:
    network = nn.Linear(3, 2)
    copy_state({name: tensor.half() for name, tensor in STATE.items()}, network, where="x")
    assert network.weight.dtype == torch.float32
    assert torch.equal(network.weight, STATE["fc.weight"]) is False  # other names are not guessed
    copy_state({name.removeprefix("fc."): tensor.half() for name, tensor in STATE.items()}, network, where="x")
    assert torch.equal(network.weight, STATE["fc.weight"])


def test_tensors_that_cannot_be_copied_are_named() -> None:
    meta = torch.ones(2, 3, device="meta")
    with pytest.raises(ModelError, match="'weight'"):
        copy_state({"weight": meta}, nn.Linear(3, 2), where="x")
