import pytest

from metrics.share_difference import share_difference


def test_the_examples_of_newcombe_come_out():
    """Table II of Newcombe 1998, method 10."""
    one = share_difference(56, 70, other_hits=48, other_n=80)
    assert (one.value, one.n) == (pytest.approx(0.2), 150)
    assert (round(one.low, 4), round(one.high, 4)) == (0.0524, 0.3339)
    small = share_difference(9, 10, other_hits=3, other_n=10)
    assert (round(small.low, 4), round(small.high, 4)) == (0.1705, 0.8090)
    none = share_difference(0, 10, other_hits=0, other_n=20)
    assert (round(none.low, 4), round(none.high, 4)) == (-0.1611, 0.2775)
    all_of_one = share_difference(10, 10, other_hits=0, other_n=10)
    assert (round(all_of_one.low, 4), all_of_one.high) == (0.6075, 1.0)


@pytest.mark.parametrize(("hits", "n"), [(1, 0), (3, 2), (-1, 2)])
def test_what_is_no_share_is_refused(hits, n):
    with pytest.raises(ValueError, match="is no share"):
        share_difference(hits, n, other_hits=1, other_n=2)
