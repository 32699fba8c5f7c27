import numpy as np
import pytest
from captum.attr._utils.approximation_methods import approximation_parameters

from explainers.network.quadrature import ApproximationMethod, quadrature

METHODS = list(ApproximationMethod)


@pytest.mark.parametrize("n_steps", [2, 5, 50])
@pytest.mark.parametrize("method", METHODS)
def test_rules_are_captums(method, n_steps):
    step_sizes, places = approximation_parameters(method)
    ours = quadrature(method, n_steps)

    assert list(ours.places) == places(n_steps)
    halved_ends = (n_steps - 1) / n_steps if method == ApproximationMethod.TRAPEZOID else 1
    np.testing.assert_allclose(np.multiply(ours.weights, halved_ends), step_sizes(n_steps), rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_weights_add_up_to_one_so_that_a_constant_is_integrated_exactly(method):
    assert sum(quadrature(method, 7).weights) == pytest.approx(1)


@pytest.mark.parametrize(("method", "power"), [("riemann_middle", 1), ("riemann_trapezoid", 1), ("gausslegendre", 9)])
def test_powers_up_to_the_rules_order_are_integrated_exactly(method, power):
    rule = quadrature(method, 5)

    assert np.dot(rule.weights, np.power(rule.places, power)) == pytest.approx(1 / (power + 1), rel=1e-6)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="simpson"):
        quadrature("simpson", 5)
