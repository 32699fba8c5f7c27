from itertools import repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import ExplanationError
from metrics.faithfulness import (
    OWN_PICTURES,
    REFERENCE_PICTURES,
    draw_null,
    measure_map,
    measure_random,
    measure_references,
    rank_among,
    rank_map,
)
from metrics.masking import deletion, insertion, open_probe, road
from metrics.reference_maps import centre_map, random_map

SIDE = 64
PATCH = (slice(4, 20), slice(40, 56))  # a sixteenth of the picture, at the upper right
PICTURE = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


class KnowsPatch:
    """Scores how much of the patch is as it was: where the evidence lies is known."""

    def __init__(self, patch=PATCH, most=0.8):
        self.patch, self.most, self.seen = patch, most, []

    def __call__(self, pictures):
        self.seen += list(pictures)
        return np.array([self.most * self._kept(picture) for picture in pictures])

    def _kept(self, picture):
        same = np.abs(picture[self.patch].astype(int) - PICTURE[self.patch]).max(axis=-1) < 3
        return float(same.mean())


def planted(patch=PATCH, inside=1.0, outside=0.0):
    values = np.full((SIDE, SIDE), outside)
    values[patch] = inside
    return values


@pytest.fixture
def probe():
    return open_probe(KnowsPatch(), PICTURE)


def test_planted_evidence_gets_the_best_figures_and_its_inverse_the_worst(probe):
    right, wrong = (measure_map(probe, values, steps=20) for values in (planted(), -planted()))

    assert right.insertion.value > 0.95
    assert right.deletion.value < 0.05
    assert right.road.value < 0.05
    assert wrong.insertion.value < 0.05
    assert wrong.deletion.value > 0.95
    assert wrong.road.value > 0.95
    assert right.gain > 0.9 > -0.9 > wrong.gain


def test_random_maps_lie_in_between_and_the_centre_where_its_evidence_is_not(probe):
    chance, centre = measure_random(probe, 7), measure_map(probe, centre_map((SIDE, SIDE)))

    assert 0.35 < chance.insertion.value < 0.65
    assert 0.35 < chance.deletion.value < 0.65
    assert 0.3 < chance.road.value < 0.7
    assert -0.9 < centre.gain < 0
    middle = slice(24, 40), slice(24, 40)
    own = open_probe(KnowsPatch(middle), PICTURE)
    assert measure_map(own, centre_map((SIDE, SIDE))).gain > 0.8


def test_signed_maps_are_ordered_by_their_sign_not_their_size(probe):
    strongly_against = planted(inside=-5.0, outside=1.0)

    assert measure_map(probe, strongly_against, steps=20).gain < -0.9


def test_only_the_order_of_the_values_counts(probe):
    values = np.random.default_rng(1).normal(size=(SIDE, SIDE)) + 2 * planted()

    assert measure_map(probe, values) == measure_map(probe, np.exp(values) * 9)


def test_curves_are_shares_of_the_first_score():
    strong, weak = (measure_map(open_probe(KnowsPatch(most=most), PICTURE), planted()) for most in (1.0, 0.01))

    assert weak.insertion.value == pytest.approx(strong.insertion.value)
    assert weak.deletion.value == pytest.approx(strong.deletion.value)


def test_a_version_that_scores_higher_than_the_picture_counts_as_one():
    probe = open_probe(lambda pictures: np.array([0.1, *[0.9] * (len(pictures) - 1)]), PICTURE)

    assert (probe.blurred_score, probe.filled_score) == (1.0, 1.0)
    assert measure_map(probe, planted()).insertion.value <= 1


def test_a_map_and_its_references_are_about_sixty_pictures():
    scorer = KnowsPatch()
    measure_map(open_probe(scorer, PICTURE), planted())

    assert len(scorer.seen) == 3 + 9 + 9 + 5 == OWN_PICTURES
    probe = open_probe(scorer, PICTURE)
    scorer.seen.clear()
    measure_references(probe, 7)
    assert len(scorer.seen) == (9 + 9 + 5) + (5 + 5 + 5) == REFERENCE_PICTURES


def test_insertion_shows_and_deletion_hides_one_twentieth_after_the_other():
    scorer = KnowsPatch()
    probe = open_probe(scorer, PICTURE)
    ranks = rank_map(planted(), seed=0)
    for curve, hidden in ((insertion, probe.blurred), (deletion, probe.filled)):
        scorer.seen.clear()
        curve(probe, repeat(ranks), steps=20)
        original = [float((version == PICTURE).all(axis=-1).mean()) for version in scorer.seen]
        steps = np.arange(1, 20) / 20
        expected = steps if curve is insertion else 1 - steps
        np.testing.assert_allclose(original, expected, atol=0.01)
        is_known = (version := scorer.seen[9]) == PICTURE
        np.testing.assert_array_equal(version[~is_known], hidden[~is_known])


def test_an_object_is_hidden_within_as_many_pixels_as_its_box_has():
    share = 1 / 16
    whole, own = open_probe(KnowsPatch(), PICTURE), open_probe(KnowsPatch(), PICTURE, limit=share)
    ranks = rank_map(planted(), seed=0)

    falls_at_once = deletion(whole, repeat(ranks), steps=20).value
    falls_step_by_step = deletion(own, repeat(ranks), steps=20).value
    assert falls_at_once < 0.05
    assert falls_step_by_step == pytest.approx(0.5, abs=0.03)
    assert insertion(own, repeat(ranks), steps=20).value == pytest.approx(0.5, abs=0.03)
    assert road(own, repeat(ranks), seed=0).value == pytest.approx(0.5, abs=0.1)
    assert measure_map(own, planted(slice(0, 0))).gain < -0.8


def test_what_scores_nothing_cannot_be_watched():
    with pytest.raises(ExplanationError, match="expected more than 0"):
        open_probe(lambda pictures: np.zeros(len(pictures)), PICTURE)


def test_a_map_of_another_size_is_refused(probe):
    with pytest.raises(ValueError, match="one for each pixel"):
        measure_map(probe, np.zeros((3, 3)))


def test_the_same_seed_gives_the_same_figures(probe):
    assert measure_random(probe, 7, seed=2) == measure_random(probe, 7, seed=2)
    assert measure_random(probe, 7, seed=2) != measure_random(probe, 7, seed=3)
    assert measure_random(probe, 7, seed=2) != measure_random(probe, 14, seed=2)
    flat = np.zeros((SIDE, SIDE))
    assert measure_map(probe, flat, seed=2) == measure_map(probe, flat, seed=2)
    assert measure_map(probe, flat, seed=2) != measure_map(probe, flat, seed=5)


def test_references_are_random_maps_and_the_centre(probe):
    known = measure_references(probe, 7, seed=3)

    assert known.random == measure_random(probe, 7, seed=3)
    assert known.centre == measure_map(probe, centre_map((SIDE, SIDE)), steps=6, seed=3)


def test_a_flat_map_is_a_random_one(probe):
    gains = [measure_map(probe, np.zeros((SIDE, SIDE)), seed=seed).gain for seed in range(8)]

    assert abs(np.mean(gains)) < 0.4
    assert np.std(gains) > 0.1


def test_the_null_is_centred_and_planted_evidence_beats_it(probe):
    null = draw_null(probe, 7, maps=30, seed=1)

    assert len(null) == 30
    assert np.mean(null) == pytest.approx(0, abs=1e-9)
    chance = measure_random(probe, 7, seed=9).gain
    assert rank_among(measure_map(probe, planted()).gain - chance, null).value == 1.0
    assert rank_among(measure_map(probe, -planted()).gain - chance, null).value == 0.0
    assert null == draw_null(probe, 7, maps=30, seed=1)


def test_each_excess_is_over_the_mean_of_the_others(probe):
    rng = np.random.default_rng(6)
    gains = [measure_map(probe, random_map((SIDE, SIDE), 7, rng), steps=10, seed=6).gain for _ in range(3)]

    expected = [gain - (sum(gains) - gain) / 2 for gain in gains]
    assert draw_null(probe, 7, maps=3, seed=6) == pytest.approx(expected)
    with pytest.raises(ValueError, match="compared"):
        draw_null(probe, 7, maps=1)


@pytest.mark.parametrize(("excess", "share"), [(-1, 0.0), (0.15, 0.5), (5, 1.0), (0.2, 0.5)])
def test_the_place_among_random_maps_is_a_share_with_an_interval(excess, share):
    found = rank_among(excess, [0.0, 0.1, 0.2, 0.3])

    assert (found.value, found.n) == (share, 4)
    assert found.low <= share <= found.high


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_no_map_is_better_than_the_true_one_or_worse_than_its_inverse(seed):
    probe = open_probe(KnowsPatch(), PICTURE)
    values = np.random.default_rng(seed).normal(size=(8, 8)).repeat(8, axis=0).repeat(8, axis=1)

    best, worst = (measure_map(probe, sign * planted(), steps=5).gain for sign in (1, -1))
    assert worst - 1e-9 <= measure_map(probe, values, steps=5).gain <= best + 1e-9
