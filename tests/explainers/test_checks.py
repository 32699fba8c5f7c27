import numpy as np
import pytest

from domain.errors import ExplanationError
from explainers.checks import check_map


def check(values):
    return check_map(np.array(values, np.float32), label="can", source="layer 'x'", remedy="Try another class.")


def test_a_map_with_evidence_passes_as_it_is():
    assert check([[-2, 0.5]]).tolist() == [[-2, 0.5]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[np.nan, 1, np.inf]], "2 of 3 values of the map for 'can' in layer 'x' are not finite numbers."),
        ([[0, 0]], "The map for 'can' is the same everywhere: every value in layer 'x' is 0. Try another class."),
        ([[3, 3]], "every value in layer 'x' is 3."),
        ([[1, 1 + 2e-7]], "is the same everywhere"),
        ([[-2, -1]], "There is no positive evidence for 'can' in layer 'x': the values run from -2 to -1,"),
        ([[-2, 0]], "the values run from -2 to 0,"),
        ([[]], "The map for 'can' in layer 'x' is empty"),
    ],
)
def test_a_map_that_says_nothing_gives_the_reason(values, message):
    with pytest.raises(ExplanationError) as caught:
        check(values)

    assert message in str(caught.value)
