"""Prints of pictures, and which pictures they put together."""

from __future__ import annotations

import numpy as np

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
    near[:MOST_BITS] = 1
    far[: MOST_BITS + 1] = 1
    assert group_prints(np.array([print_a, near])).tolist() == [0, 0]
    assert len(set(group_prints(np.array([print_a, far])).tolist())) == 2


def test_no_pictures_have_no_groups():
    assert group_prints(np.zeros((0, 16), np.uint16)).tolist() == []
