"""Near-duplicates never fall apart, and what a model learned from is never held out."""

from __future__ import annotations

import hashlib
import io
from collections import Counter

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageEnhance

from domain.errors import InputError
from training.duplicates import group_alike, perceptual_hash
from training.split import Part, split_images

SEED = 3


def picture(seed: int) -> np.ndarray:
    """A scene of soft patches, another for each seed."""
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 255, (6, 5, 3), dtype=np.uint8), (100, 120), interpolation=cv2.INTER_CUBIC)


def variants(pixels: np.ndarray) -> list[np.ndarray]:
    """The picture as it comes back from other people: smaller, compressed, brighter."""
    whole = Image.fromarray(pixels)
    packed = io.BytesIO()
    whole.save(packed, "JPEG", quality=40)
    changed = [whole, whole.resize((60, 72)), Image.open(packed), ImageEnhance.Brightness(whole).enhance(1.15)]
    return [np.asarray(each) for each in changed]


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def test_near_duplicates_never_fall_apart() -> None:
    pictures = [variant for seed in range(60) for variant in variants(picture(seed))]
    groups = group_alike([""] * len(pictures), [perceptual_hash(each) for each in pictures])
    assert 55 <= len(set(groups)) <= 60  # and most different scenes are told apart
    for seed in range(5):
        digests = [digest(place) for place in range(len(pictures))]
        parts = split_images(digests, groups, ["a"] * len(pictures), seed=seed)
        for scene in range(60):
            assert len({*parts[4 * scene : 4 * scene + 4]}) == 1, (seed, scene)
        assert set(parts) == set(Part)


@settings(max_examples=40, deadline=None)
@given(some.lists(some.integers(0, 2**64 - 1), min_size=2, max_size=30), some.integers(0, 9), some.randoms())
def test_pictures_that_differ_in_few_bits_are_one_group_whatever_else_there_is(hashes, most_bits, random) -> None:
    near = [each ^ sum(1 << bit for bit in random.sample(range(64), most_bits)) for each in hashes]
    groups = group_alike([""] * (2 * len(hashes)), [*hashes, *near], most_bits=most_bits)
    assert groups[: len(hashes)] == groups[len(hashes) :]


def test_the_same_file_under_two_names_is_one_group() -> None:
    assert group_alike(["x", "y", "x"], [0, 2**40 - 1, 2**63 + 2**50 - 1], most_bits=0) == [0, 1, 0]


def test_each_class_is_divided_alike_and_the_same_seed_divides_alike() -> None:
    strata = ["common"] * 80 + ["rare"] * 20
    digests = [digest(place) for place in range(100)]
    parts = split_images(digests, list(range(100)), strata, seed=SEED)
    assert Counter(zip(strata, parts, strict=True)) == {
        ("common", Part.HELD_OUT): 16,
        ("rare", Part.HELD_OUT): 4,
        ("common", Part.CHOOSE): 10,
        ("rare", Part.CHOOSE): 2,
        ("common", Part.LEARN): 54,
        ("rare", Part.LEARN): 14,
    }
    order = np.random.default_rng(0).permutation(100)
    again = split_images(
        [digests[each] for each in order], list(range(100)), [strata[each] for each in order], seed=SEED
    )
    assert again == [parts[each] for each in order]
    assert split_images(digests, list(range(100)), strata, seed=SEED + 1) != parts


def test_what_an_earlier_model_learned_from_is_never_held_out_and_what_it_held_out_stays_so() -> None:
    digests = [digest(place) for place in range(50)]
    groups, strata = [*range(48), 0, 1], ["a"] * 50  # the last two show what the first two show
    first = split_images(digests[:48], groups[:48], strata[:48], seed=SEED)
    fixed = dict(zip(digests, first, strict=False))
    second = split_images(digests, groups, strata, seed=SEED + 9, fixed=fixed)
    for place in range(48):
        assert (second[place] is Part.HELD_OUT) == (first[place] is Part.HELD_OUT)
    assert second[48] == second[0]
    assert second[49] == second[1]


def test_a_set_that_cannot_be_divided_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"Of 2 images none is left to .*Review more images"):
        split_images(["x", "y"], [0, 0], ["a", "a"])
