import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn
from torchvision.models import resnet18

from domain.errors import Cancelled
from explainers.network import path_gradients
from explainers.network.path_gradients import count_passes, integrate_gradients
from explainers.network.quadrature import ApproximationMethod, quadrature


def integrate(model, picture, baselines, *, n_steps=50, method="riemann_trapezoid", classes=(1,), **options):
    rule = quadrature(method, n_steps)
    return integrate_gradients(model, picture, baselines, classes=classes, rule=rule, **options)


@pytest.fixture
def wrap(wrap_classifier):
    return lambda network, side=6: wrap_classifier(network.eval(), side)


@pytest.fixture
def smooth(wrap):
    torch.manual_seed(0)
    return wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus(), nn.Flatten(), nn.Linear(4 * 16, 3)))


@pytest.fixture
def picture():
    return torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def baselines():
    return torch.stack([torch.zeros(3, 6, 6), torch.ones(3, 6, 6)])


class Watched(nn.Module):
    """Counts the pictures of every forward pass, and runs out of memory above a number of them."""

    def __init__(self, network, most=10**6):
        super().__init__()
        self.network, self.most, self.sizes = network, most, []

    def forward(self, x):
        if len(x) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        self.sizes.append(len(x))
        return self.network(x)


def test_a_linear_network_is_integrated_exactly(wrap, picture, baselines):
    network = nn.Sequential(nn.Flatten(), nn.Linear(108, 3))

    [integral] = integrate(wrap(network), picture, baselines, n_steps=2)

    expected = ((picture - baselines) * network[1].weight[1].reshape(3, 6, 6)).mean(dim=0)
    torch.testing.assert_close(integral.attribution, expected)
    assert integral.gap < 1e-5


def test_a_quadratic_score_is_integrated_by_the_trapezoidal_rule(wrap):
    class Square(nn.Module):
        def forward(self, x):
            return torch.stack([x.sum(dim=(1, 2, 3)), (x**2).sum(dim=(1, 2, 3))], dim=1)

    [integral] = integrate(wrap(Square()), torch.full((1, 3, 2, 2), 3.0), torch.zeros(1, 3, 2, 2), n_steps=3)

    torch.testing.assert_close(integral.attribution, torch.full((3, 2, 2), 9.0))


@pytest.mark.parametrize("method", [each for each in ApproximationMethod if each != ApproximationMethod.TRAPEZOID])
def test_the_attribution_is_captums(smooth, picture, baselines, method):
    captum = IntegratedGradients(smooth.module)
    expected = [captum.attribute(picture, one[None], target=1, n_steps=9, method=method)[0] for one in baselines]

    [integral] = integrate(smooth, picture, baselines, n_steps=9, method=method)

    torch.testing.assert_close(integral.attribution, torch.stack(expected).mean(dim=0).float(), rtol=1e-4, atol=1e-7)


def test_captums_trapezoid_misses_one_part_in_n(smooth, picture, baselines):
    captum = IntegratedGradients(smooth.module)
    expected = captum.attribute(picture, baselines[:1], target=1, n_steps=10, method="riemann_trapezoid")[0]

    [integral] = integrate(smooth, picture, baselines[:1], n_steps=10)

    torch.testing.assert_close(integral.attribution * 0.9, expected.float(), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("method", ["riemann_middle", "gausslegendre"])
def test_the_attribution_of_a_resnet_is_captums(wrap, method):
    torch.manual_seed(0)
    model = wrap(resnet18(weights=None), 64)
    picture = torch.randn(1, 3, 64, 64)
    captum = IntegratedGradients(model.module)
    expected = captum.attribute(picture, target=7, n_steps=12, method=method, internal_batch_size=5)[0]

    [integral] = integrate(model, picture, torch.zeros_like(picture), n_steps=12, method=method, classes=[7])

    assert (integral.attribution - expected).abs().max() <= 1e-4 * expected.abs().max()


def test_channels_last_gives_nearly_the_same_map(wrap):
    torch.manual_seed(0)
    model = wrap(resnet18(weights=None), 64)
    picture = torch.randn(1, 3, 64, 64)

    [one], [other] = (
        integrate(model, picture, torch.zeros_like(picture), n_steps=6, layout=layout)
        for layout in (torch.contiguous_format, torch.channels_last)
    )

    assert torch.corrcoef(torch.stack([one.attribution.flatten(), other.attribution.flatten()]))[0, 1] > 0.999


def test_a_network_that_cannot_take_channels_last_gets_the_usual_layout(wrap):
    class Views(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution, self.layouts = nn.Conv2d(3, 4, 3), []

        def forward(self, x):
            self.layouts.append(x.is_contiguous())
            return self.convolution(x).view(len(x), -1)[:, :3]

    torch.manual_seed(0)
    model = wrap(Views())

    integrate(model, torch.rand(1, 3, 6, 6), torch.zeros(1, 3, 6, 6), n_steps=20, layout=torch.channels_last)

    assert model.module.layouts[0] is False
    assert all(model.module.layouts[1:])


@pytest.mark.parametrize("steps", [2, 5, 6, 50])
def test_the_attribution_adds_up_to_the_change_of_the_logit_but_for_the_gap(smooth, picture, baselines, steps):
    with torch.no_grad():
        changes = smooth.module(picture)[0, 1] - smooth.module(baselines)[:, 1]

    [integral] = integrate(smooth, picture, baselines, n_steps=steps)

    missing = abs(float(integral.attribution.sum()) - float(changes.mean()))
    assert missing <= integral.gap * float(changes.abs().mean()) + 1e-5
    assert integral.gap < 0.05


def test_a_jump_that_falls_between_the_points_shows_in_the_gap(wrap, baselines):
    class Jump(nn.Module):
        def forward(self, x):
            return torch.sigmoid(500 * (x.mean(dim=(1, 2, 3)) - 0.26))[:, None].repeat(1, 3)

    [integral] = integrate(wrap(Jump()), torch.full((1, 3, 6, 6), 0.9), baselines[:1], n_steps=4)

    assert integral.gap > 0.5


def test_classes_share_the_forward_passes(smooth, picture, baselines):
    alone = [integrate(smooth, picture, baselines, n_steps=9, classes=[index])[0] for index in (2, 0)]

    together = integrate(smooth, picture, baselines, n_steps=9, classes=[2, 0])

    for one, other in zip(alone, together, strict=True):
        torch.testing.assert_close(one.attribution, other.attribution)
    assert [each.forward_passes for each in together] == [alone[0].forward_passes, 0]
    assert [each.backward_passes for each in together] == [17, 17]


def test_paths_share_their_end_and_progress_tells_every_point(smooth, picture, baselines):
    reports = []

    [integral] = integrate(smooth, picture, baselines, report=lambda *numbers: reports.append(numbers))

    rule = quadrature("riemann_trapezoid", 50)
    assert (integral.forward_passes, integral.backward_passes) == count_passes(rule, baselines=2) == (102, 99)
    assert reports[0] == (0, 99)
    assert reports[-1] == (99, 99)
    assert reports == sorted(reports)


def test_points_go_through_in_chunks_whatever_their_number(wrap, smooth, picture, baselines):
    watched = wrap(Watched(smooth.module))

    integrate(watched, picture, baselines[:1], n_steps=500)

    assert max(watched.module.sizes) == path_gradients.AT_ONCE["cpu"]


def test_so_many_points_go_at_once_as_their_graphs_have_room(wrap, smooth, picture, baselines, monkeypatch):
    saved = picture.nbytes + 4 * 16 * 4  # the picture for the convolution, which gives 4 x 4 cells for the softplus

    for room, at_once in ((0.5, 1), (1, 1), (2.5, 2), (100, path_gradients.AT_ONCE["cpu"])):
        monkeypatch.setattr(path_gradients, "GRAPH_BYTES", room * saved)
        watched = wrap(Watched(smooth.module))

        integrate(watched, picture, baselines[:1], n_steps=20)

        assert max(watched.module.sizes) == at_once


def test_chunks_are_halved_when_memory_runs_out_and_it_is_said(wrap, smooth, picture, baselines):
    [expected] = integrate(smooth, picture, baselines)

    [integral] = integrate(wrap(Watched(smooth.module, most=3)), picture, baselines)

    torch.testing.assert_close(integral.attribution, expected.attribution)
    assert "so 2 were taken" in integral.warnings[0]


def test_a_cancelled_run_stops_after_the_chunk(wrap, smooth, picture, baselines):
    watched = wrap(Watched(smooth.module))

    def cancel(done, total):
        if done > 0:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        integrate(watched, picture, baselines, report=cancel)
    assert watched.module.sizes == [1, 1, 1, path_gradients.AT_ONCE["cpu"]]


def test_what_is_not_finite_stays_visible(wrap, picture, baselines):
    network = nn.Sequential(nn.Flatten(), nn.Linear(108, 3))
    with torch.no_grad():
        network[1].weight[1, 0] = np.nan

    [integral] = integrate(wrap(network), picture, baselines, n_steps=4)

    assert not torch.isfinite(integral.attribution).all()
