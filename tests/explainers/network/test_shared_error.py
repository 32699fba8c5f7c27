import torch

from explainers.network.shared_error import choose_probes, shared_error


def errors(shared_by_all, *, points=50, size=20000):
    """Return (points, size) errors of variance 1, of which a share is the same at every point."""
    generator = torch.Generator().manual_seed(0)
    own = torch.randn(points, size, generator=generator)
    return shared_by_all**0.5 * torch.randn(size, generator=generator) + (1 - shared_by_all) ** 0.5 * own


def size_left(found, estimate):
    """Size of the error of the mean over all points, with the estimate taken off, beside its size before."""
    mean = found.mean(dim=0)
    return float((mean - estimate).norm() / mean.norm())


def test_what_all_points_share_is_found_better_than_by_the_mean_of_the_two():
    for share in (0.2, 0.5, 0.8):
        found = errors(share)
        first, second = found[choose_probes(len(found))]

        left = size_left(found, shared_error(first, second))

        assert left < 1
        assert left < size_left(found, (first + second) / 2)
        multiples = [size_left(found, factor * (first + second) / 2) for factor in torch.linspace(0, 1, 101)]
        assert left < min(multiples) + 0.01


def test_errors_that_have_nothing_in_common_are_left_to_average_out():
    first, second = errors(0.0)[:2]

    estimate = shared_error(first, second)

    assert estimate.norm() < 0.05 * first.norm()
    assert not shared_error(first, -first).any()
    assert not shared_error(0 * first, second).any()


def test_an_error_that_is_the_same_everywhere_is_found_whole():
    first, _ = errors(1.0)[:2]

    torch.testing.assert_close(shared_error(first, first), first)


def test_each_class_has_a_share_of_its_own():
    alike, unlike = errors(1.0)[:2], errors(0.0)[:2]

    both = shared_error(torch.stack([alike[0], unlike[0]]), torch.stack([alike[1], unlike[1]]))

    torch.testing.assert_close(both[0], alike[0])
    assert both[1].norm() < 0.05 * unlike[0].norm()


def test_the_points_are_different_ones_of_any_path():
    for points in range(2, 300):
        first, second = choose_probes(points)
        assert 0 <= first < second < points
    assert choose_probes(50) == [12, 37]
