import numpy as np
import pytest
from lime.lime_base import LimeBase

from explainers.lime import draw_balanced, draw_independent
from explainers.linear_model import fit_linear_model, proximity


def test_a_linear_score_is_recovered_with_small_errors():
    shown = draw_independent(4000, 5, seed=0)
    truth = np.array([0.5, -0.25, 0.0, 0.125, 0.0])

    model = fit_linear_model(shown, shown @ truth + 0.1)

    np.testing.assert_allclose(model.weights, truth, atol=2e-3)
    assert model.fit > 0.999
    assert model.errors.max() < 1e-3
    assert model.reliability > 0.999


def test_the_regression_is_that_of_the_lime_library():
    shown = draw_independent(300, 20, seed=1)
    scores = np.random.default_rng(1).random(300)
    _, expected, fit, _ = LimeBase(proximity, random_state=0).explain_instance_with_data(
        shown, scores[:, None], 1 - np.sqrt(shown.mean(axis=1)), 0, 20
    )

    model = fit_linear_model(shown, scores)

    np.testing.assert_allclose([model.weights[number] for number, _ in expected], [weight for _, weight in expected])
    assert model.fit == pytest.approx(fit)


@pytest.mark.parametrize(("draw", "group"), [(draw_independent, 1), (draw_balanced, 2)])
def test_standard_errors_tell_how_far_weights_differ_between_draws(draw, group):
    """The score has parts that no linear model can say: products of two superpixels."""
    truth = np.random.default_rng(2).normal(size=12)
    models = []
    for seed in range(150):
        shown = draw(240, 12, seed)
        scores = shown @ truth + 2 * shown[:, 0] * shown[:, 1] - 3 * shown[:, 2] * shown[:, 3] * shown[:, 4]
        models.append(fit_linear_model(shown, scores, group=group))

    told = np.sqrt(np.mean([model.errors**2 for model in models], axis=0))
    seen = np.std([model.weights for model in models], axis=0)
    np.testing.assert_allclose(told, seen, rtol=0.25)


def test_pairs_make_the_weights_surer_where_superpixels_work_together():
    def errors(draw, group):
        shown = draw(400, 12, 0)
        return fit_linear_model(shown, 2.0 * shown[:, 0] * shown[:, 1], group=group).errors.mean()

    assert errors(draw_balanced, 2) < 0.7 * errors(draw_independent, 1)


def test_chance_alone_is_not_reliable():
    shown = draw_independent(200, 30, seed=0)

    assert fit_linear_model(shown, np.random.default_rng(0).random(200)).reliability < 0.5


def test_with_too_few_samples_errors_are_infinite():
    shown = draw_independent(12, 30, seed=0)

    assert np.isinf(fit_linear_model(shown, np.random.default_rng(0).random(12)).errors).all()
