import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from metrics.agreement import cohen_kappa, fleiss_kappa, kappa_in_words

# Ten subjects and fourteen raters: the example of the encyclopaedias, whose kappa is 0.210.
WARDS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def spread(table):
    """Two lists of classes from a table of how often one said this and the other that."""
    cells = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


def test_two_people_worked_by_hand():
    # 20 both yes, 15 both no: 0.7 observed. 25 x 30 + 25 x 20 of 2500 by chance: 0.5. (0.7 - 0.5) / 0.5 = 0.4.
    kappa = cohen_kappa(*spread([[20, 5], [10, 15]]))

    assert kappa is not None
    assert (kappa.value, kappa.n) == (pytest.approx(0.4), 50)
    # statsmodels 0.15.0, cohens_kappa: kappa_low, kappa_upp.
    assert (kappa.low, kappa.high) == (pytest.approx(0.151092290476661), pytest.approx(0.6489077095233389))


def test_people_who_always_say_the_opposite_agree_less_than_chance():
    kappa = cohen_kappa(["can", "milk"] * 5, ["milk", "can"] * 5)

    assert kappa is not None
    assert (kappa.value, kappa.low, kappa.high) == (-1, -1, -1)


def test_people_who_always_agree_have_an_interval_all_the_same():
    few, many = (cohen_kappa(["can", "milk"] * half, ["can", "milk"] * half) for half in (3, 300))

    assert few is not None
    assert many is not None
    assert few.value == many.value == few.high == 1
    # Of 6 images, all alike, the exact interval of the share begins at 0.5407; by chance 0.5 would be.
    assert few.low == pytest.approx((0.5407 - 0.5) / 0.5, abs=1e-3)
    assert many.low > 0.98


def test_what_chance_explains_wholly_has_no_kappa():
    assert cohen_kappa([], []) is None
    assert cohen_kappa(["can"] * 4, ["can"] * 4) is None
    assert fleiss_kappa([]) is None
    assert fleiss_kappa([["can", "can"]] * 4) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=60))
def test_two_people_as_scikit_learn_has_it(pairs):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]

    kappa = cohen_kappa(first, second)

    if kappa is None:
        assert len({*first, *second}) == 1
    else:
        assert kappa.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
        assert -1 <= kappa.low <= kappa.value + 1e-12
        assert kappa.value - 1e-12 <= kappa.high <= 1


def test_several_people_as_the_example_has_it():
    kappa = fleiss_kappa([[name for name, count in enumerate(row) for _ in range(count)] for row in WARDS])

    assert kappa is not None
    assert (kappa.value, kappa.n) == (pytest.approx(0.20993070442195522), 10)
    assert kappa.low < 0.1
    assert kappa.high > 0.35


def test_three_people_worked_by_hand():
    # Pairs that agree: 3 of 3, 1 of 3, 1 of 3, 3 of 3, which is 2/3. Six a and six b: 1/2 by chance.
    kappa = fleiss_kappa([list("aaa"), list("aab"), list("abb"), list("bbb")])

    assert kappa is not None
    assert kappa.value == pytest.approx((2 / 3 - 1 / 2) / (1 / 2))
    # The images pull to 1, -1/3, -1/3 and 1, each 2/3 from 1/3; Student's t of three degrees of freedom is 3.18.
    assert kappa.high == pytest.approx(min(1, 1 / 3 + 3.1824 * (4 * (2 / 3) ** 2 / 12) ** 0.5), abs=1e-4)
    assert kappa.low == pytest.approx(1 / 3 - 3.1824 * (4 * (2 / 3) ** 2 / 12) ** 0.5, abs=1e-4)


def test_people_may_change_from_image_to_image_but_not_in_number():
    with pytest.raises(ValueError, match="same number of classes"):
        fleiss_kappa([["a", "b"], ["a", "b", "b"]])
    with pytest.raises(ValueError, match="two or more"):
        fleiss_kappa([["a"], ["b"]])
    with pytest.raises(ValueError, match="2 classes of one and 1 of the other"):
        cohen_kappa(["a", "b"], ["a"])


@pytest.mark.parametrize("people", [2, 4])
def test_about_95_of_100_intervals_hold_the_agreement_of_very_many_images(people):
    rng = np.random.default_rng(0)

    def rate(images):
        truth = rng.integers(0, 3, images)
        guesses = rng.integers(0, 3, (people, images))
        return np.where(rng.random((people, images)) < 0.7, truth, guesses).T.tolist()

    true = fleiss_kappa(rate(20_000)).value
    found = [fleiss_kappa(rate(60)) for _ in range(200)]

    assert 0.91 <= np.mean([each.low <= true <= each.high for each in found]) <= 0.98


def test_a_kappa_in_words():
    words = [kappa_in_words(value) for value in (-0.1, 0.0, 0.2, 0.21, 0.6, 0.61, 0.81, 1.0)]

    assert words == [
        "less than chance",
        "slight",
        "slight",
        "fair",
        "moderate",
        "substantial",
        "almost perfect",
        "almost perfect",
    ]
