import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from explainers.network.path_gradients import count_points, integrate_gradients


def integrate(network, picture, baselines, **options):
    return integrate_gradients(object(), network, picture, baselines, index=1, **options)


def smooth_network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus(), nn.Flatten(), nn.Linear(4 * 16, 3)).eval()


@pytest.fixture
def picture():
    return torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def baselines():
    return torch.stack([torch.zeros(3, 6, 6), torch.ones(3, 6, 6)])


def test_a_linear_network_is_integrated_exactly(picture, baselines):
    network = nn.Sequential(nn.Flatten(), nn.Linear(108, 3)).eval()

    integral = integrate(network, picture, baselines, steps=2)

    expected = ((picture - baselines) * network[1].weight[1].reshape(3, 6, 6)).mean(dim=0)
    torch.testing.assert_close(integral.attribution, expected)
    assert integral.gap < 1e-5


def test_a_quadratic_score_is_integrated_by_the_trapezoidal_rule():
    class Square(nn.Module):
        def forward(self, x):
            return torch.stack([x.sum(dim=(1, 2, 3)), (x**2).sum(dim=(1, 2, 3))], dim=1)

    picture = torch.full((1, 3, 2, 2), 3.0)

    integral = integrate(Square(), picture, torch.zeros(1, 3, 2, 2), steps=3)

    torch.testing.assert_close(integral.attribution, torch.full((3, 2, 2), 9.0))


def test_many_steps_equal_captum(picture, baselines):
    network = smooth_network()
    captum = IntegratedGradients(network)
    expected = [captum.attribute(picture, one[None], target=1, n_steps=100)[0] for one in baselines]

    integral = integrate(network, picture, baselines, steps=200)

    torch.testing.assert_close(integral.attribution, torch.stack(expected).mean(dim=0).float(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("steps", [2, 5, 6, 50])
def test_the_attribution_adds_up_to_the_change_of_the_logit_but_for_the_gap(picture, baselines, steps):
    network = smooth_network()
    with torch.no_grad():
        changes = network(picture)[0, 1] - network(baselines)[:, 1]

    integral = integrate(network, picture, baselines, steps=steps)

    missing = abs(float(integral.attribution.sum()) - float(changes.mean()))
    assert missing <= integral.gap * float(changes.abs().mean()) + 1e-5
    assert integral.gap < 0.05


def test_a_jump_that_falls_between_the_points_shows_in_the_gap(baselines):
    class Jump(nn.Module):
        def forward(self, x):
            return torch.sigmoid(500 * (x.mean(dim=(1, 2, 3)) - 0.26))[:, None].repeat(1, 3)

    integral = integrate(Jump(), torch.full((1, 3, 6, 6), 0.9), baselines[:1], steps=4)

    assert integral.gap > 0.5


def test_paths_share_their_end_and_progress_tells_every_point(picture, baselines):
    reports = []

    integral = integrate(
        smooth_network(), picture, baselines, steps=50, report=lambda *numbers: reports.append(numbers)
    )

    assert integral.passes == count_points(50, baselines=2) == 99
    assert reports[0] == (1, 99)
    assert reports[-1] == (99, 99)
