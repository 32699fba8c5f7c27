import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explainers.picture.regions import join_regions, rank_regions, rank_regions_fast


def rank_by_trying_every_region(attribution, masks, min_new_pixels):
    """The published selection, word for word: every region is tried in every round."""
    claimed = np.zeros(attribution.shape, bool)
    painted = np.full(attribution.shape, np.nan)
    left = dict(enumerate(masks))
    while True:
        gains = {}
        for number, mask in list(left.items()):
            new = mask & ~claimed
            if new.sum() < max(min_new_pixels, 1):
                del left[number]
            else:
                gains[number] = attribution[new].mean()
        if not left:
            break
        best = max(gains, key=lambda number: (gains[number], -number))
        painted[left[best] & ~claimed] = gains[best]
        claimed |= left.pop(best)
    if not claimed.all():
        painted[~claimed] = attribution[~claimed].mean()
    return painted.astype(np.float32)


def rank_once(attribution, masks, min_new_pixels):
    """The published fast variant: regions in the order of their own means, painted with that of their new pixels."""
    claimed = np.zeros(attribution.shape, bool)
    painted = np.full(attribution.shape, np.nan)
    for mask in sorted((mask for mask in masks if mask.any()), key=lambda mask: -attribution[mask].mean()):
        new = mask & ~claimed
        if new.sum() >= min_new_pixels:
            painted[new] = attribution[new].mean()
            claimed |= mask
    if not claimed.all():
        painted[~claimed] = attribution[~claimed].mean()
    return painted.astype(np.float32)


def to_regions(masks):
    return join_regions([np.flatnonzero(mask) for mask in masks], masks[0].shape)


KINDS = {
    "signed": lambda rng, shape: rng.standard_normal(shape),
    "negative": lambda rng, shape: -rng.random(shape) - 0.1,
    "constant": lambda rng, shape: np.full(shape, 0.25),
    "zero": lambda rng, shape: np.zeros(shape),
    "few values": lambda rng, shape: rng.integers(-1, 2, shape),
    "thirds": lambda rng, shape: rng.integers(0, 3, shape) / 3,
    "tiny": lambda rng, shape: rng.standard_normal(shape) * 1e-12,
}


def draw_masks(rng, shape, count):
    """Overlapping rectangles and scatter, some twice, some empty."""
    masks = []
    for _ in range(count):
        mask = np.zeros(shape, bool)
        top, left = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        mask[top : top + rng.integers(0, 9), left : left + rng.integers(0, 9)] = True
        if rng.random() < 0.3:
            mask |= rng.random(shape) < 0.1
        masks.append(masks[-1] if masks and rng.random() < 0.2 else mask)
    return masks


@settings(max_examples=300, deadline=None)
@example(seed=0, kind="constant", count=20, min_new_pixels=1)
@example(seed=0, kind="negative", count=1, min_new_pixels=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(sorted(KINDS)),
    count=st.integers(1, 30),
    min_new_pixels=st.integers(1, 20),
)
def test_ranking_is_bit_identical_to_trying_every_region(seed, kind, count, min_new_pixels):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(4, 24)), int(rng.integers(4, 24)))
    attribution = KINDS[kind](rng, shape).astype(np.float32)
    masks = draw_masks(rng, shape, count)

    exact = rank_regions(attribution, to_regions(masks), min_new_pixels=min_new_pixels)
    fast = rank_regions_fast(attribution, to_regions(masks), min_new_pixels=min_new_pixels)

    np.testing.assert_array_equal(exact, rank_by_trying_every_region(attribution, masks, min_new_pixels))
    np.testing.assert_array_equal(fast, rank_once(attribution, masks, min_new_pixels))


def test_nearly_equal_means_are_told_apart_by_their_exact_values():
    """The running sums are double precision, the published means single: a tie of one need not be one of the other."""
    rng = np.random.default_rng(0)
    attribution = (1 + rng.standard_normal((40, 40)) * 1e-7).astype(np.float32)
    masks = draw_masks(rng, (40, 40), 60)

    found = rank_regions(attribution, to_regions(masks), min_new_pixels=3)

    np.testing.assert_array_equal(found, rank_by_trying_every_region(attribution, masks, 3))


def test_a_region_inside_another_comes_first_and_the_rest_gets_what_is_left():
    attribution = np.zeros((4, 4), np.float32)
    attribution[0, :2] = 4
    small, large = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    small[0, :2], large[:2] = True, True

    ranked = rank_regions(attribution, to_regions([large, small]), min_new_pixels=1)

    assert ranked[0].tolist() == [4, 4, 0, 0]
    assert (ranked[1:] == 0).all()


def test_fast_counts_what_was_claimed_before_and_so_differs():
    attribution = np.array([[9, 9, 0, 0, 3, 3]], np.float32)
    first, second, third = (np.zeros((1, 6), bool) for _ in range(3))
    first[0, :2], second[0, :4], third[0, 2:] = True, True, True
    regions = to_regions([first, second, third])

    assert rank_regions(attribution, regions, min_new_pixels=1).tolist() == [[9, 9, 1.5, 1.5, 1.5, 1.5]]
    assert rank_regions_fast(attribution, regions, min_new_pixels=1).tolist() == [[9, 9, 0, 0, 3, 3]]


def test_no_region_at_all_leaves_one_mean():
    ranked = rank_regions(np.array([[1, 3]], np.float32), join_regions([], (1, 2)))

    assert ranked.tolist() == [[2, 2]]


@pytest.mark.parametrize("rank", [rank_regions, rank_regions_fast])
def test_maps_are_float32_of_the_size_of_the_picture(rank):
    assert rank(np.zeros((5, 7), np.float32), join_regions([np.arange(20)], (5, 7))).dtype == np.float32
    assert rank(np.zeros((5, 7), np.float32), join_regions([np.arange(20)], (5, 7))).shape == (5, 7)
