"""Prints of pictures, and which pictures they put together."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.near_duplicates import MOST_BITS, group_prints, print_of


def test_a_little_light_and_noise_leave_a_picture_in_its_group():
    rng = np.random.default_rng(3)
    pictures = rng.random((20, 16, 17))
    prints = [print_of(picture) for picture in pictures]
    prints += [print_of(0.8 * picture + 0.1 + rng.normal(0, 0.002, (16, 17))) for picture in pictures]
    groups = group_prints(np.array(prints))
    assert groups[:20].tolist() == groups[20:].tolist()
    assert len(set(groups.tolist())) == 20


def test_the_bits_that_may_differ_are_counted():
    print_a = np.zeros(16, np.uint16)
    near, far = print_a.copy(), print_a.copy()
    near[: MOST_BITS // 4] = 0b1111
    far[: MOST_BITS // 4] = 0b1111
    far[-2] = 1
    assert group_prints(np.array([print_a, near])).tolist() == [0, 0]
    assert len(set(group_prints(np.array([print_a, far])).tolist())) == 2


def test_no_pictures_have_no_groups():
    assert group_prints(np.zeros((0, 16), np.uint16)).tolist() == []


def test_real_photos_stay_apart_and_keep_their_smaller_and_worse_copies(real_photos):
    photos = real_photos[:40]
    prints = np.array([print_of(cells(each)) for photo in photos for each in (photo, *worse(photo))])
    groups = group_prints(prints).reshape(len(photos), 3)
    assert (groups == groups[:, :1]).all(axis=1).mean() > 0.95
    assert len(set(groups[:, 0].tolist())) >= len(photos) - 1
    assert len(photos) == 40


@pytest.fixture
def real_photos():
    folder = os.environ.get("RELOOK_TEST_DATA")
    if not folder:
        pytest.skip("RELOOK_TEST_DATA names no folder of photos")
    files = sorted(Path(folder, "fridge_photos", "multiclass").rglob("*.jpg"))
    return [Image.open(file).convert("RGB") for file in files]


def cells(photo):
    return np.asarray(photo.convert("F").resize((17, 16), Image.Resampling.BOX), dtype=np.float64)


def worse(photo):
    stream = io.BytesIO()
    photo.save(stream, "JPEG", quality=40)
    return photo.resize((photo.width // 2, photo.height // 2)), Image.open(stream)
