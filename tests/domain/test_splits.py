"""What splits are called elsewhere, and dividing images among them."""

from __future__ import annotations

from collections import Counter

import pytest

from domain.splits import draw_splits, split_of_file, split_of_folder

SHARES = {"train": 70, "validation": 15, "test": 15}


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("instances_val2017.json", "validation"),
        ("train.jsonl", "train"),
        ("fridge-test.json", "test"),
        ("Validation_annotations.jsonl", "validation"),
        ("trainval.txt", ""),
        ("train_val.json", ""),
        ("contest.json", ""),
        ("labels.jsonl", ""),
    ],
)
def test_a_file_name_names_one_split_or_none(name, split):
    assert split_of_file(name) == split


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("images/train/7.jpg", "train"),
        ("val2017/7.jpg", "validation"),
        ("data\\Valid\\cat\\7.jpg", "validation"),
        ("test/train/7.jpg", "train"),
        ("train.jpg", ""),
        ("latest/7.jpg", ""),
    ],
)
def test_the_innermost_folder_that_is_a_split_counts(path, split):
    assert split_of_folder(path) == split


def test_every_class_is_divided_like_the_whole():
    strata = ["cat"] * 100 + ["dog"] * 20 + ["eel"] * 20
    made = draw_splits(range(140), strata, shares=SHARES, kept=[""] * 140)
    for name, count in (("cat", 100), ("dog", 20), ("eel", 20)):
        found = Counter(split for split, stratum in zip(made, strata, strict=True) if stratum == name)
        assert {split: found[split] for split in SHARES} == {
            split: pytest.approx(share * count / 100, abs=1) for split, share in SHARES.items()
        }


def test_groups_stay_together_and_follow_the_split_that_one_of_them_has():
    groups = [0, 0, 1, 1, 2, 2, *range(3, 40)]
    kept = ["test", "", "", "", "train", "test", *[""] * 37]
    made = draw_splits(groups, ["a"] * 43, shares=SHARES, kept=kept)
    assert made[:2] == ["test", "test"]
    assert made[2] == made[3]
    assert made[4:6] == ["train", "test"]  # kept as they came: nobody asked to change them


def test_the_same_seed_divides_alike_and_another_one_otherwise():
    def made(seed):
        return draw_splits(range(60), ["a"] * 60, shares=SHARES, kept=[""] * 60, seed=seed)

    assert made(1) == made(1) != made(2)


def test_a_share_of_nothing_gets_no_image():
    made = draw_splits(range(10), ["a"] * 10, shares={"train": 1, "validation": 0, "test": 1}, kept=[""] * 10)
    assert Counter(made) == {"train": 5, "test": 5}
