"""Chunks shrink when memory runs out, and nothing is lost or done twice."""

import pytest
import torch

from explainers.network.chunks import run_in_chunks


def test_every_picture_comes_once():
    seen = []
    assert run_in_chunks(10, 4, lambda part: seen.append((part.start, part.stop))) == ()
    assert seen == [(0, 4), (4, 8), (8, 10)]


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("out of memory"), RuntimeError("[enforce fail] can't allocate memory"), MemoryError()],
)
def test_a_part_that_does_not_fit_comes_again_in_halves(error):
    done = []

    def work(part):
        if part.stop - part.start > 2:
            raise error
        done.extend(range(part.start, part.stop))

    [warning] = run_in_chunks(9, 8, work)
    assert done == list(range(9))
    assert "8 pictures at once, so 2 were taken" in warning


def test_one_picture_that_does_not_fit_and_other_errors_are_raised():
    def overflow(part):
        raise torch.OutOfMemoryError("out of memory")

    def fail(part):
        raise RuntimeError("shapes do not match")

    with pytest.raises(torch.OutOfMemoryError):
        run_in_chunks(4, 4, overflow)
    with pytest.raises(RuntimeError, match="shapes"):
        run_in_chunks(4, 4, fail)
