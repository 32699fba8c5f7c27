import numpy as np
import pytest
import torch
from torch.nn import functional

from explainers.network.random_masks import draw_masks

CPU = torch.device("cpu")


def test_masks_are_grids_enlarged_and_cut_at_a_shift_as_in_the_paper():
    masks = draw_masks(12, (50, 70), cells=6, keep=0.5, seed=1, device=CPU)
    height, width = 7 * 9, 7 * 12

    made = masks.make(slice(0, 12))

    for number in range(12):
        large = functional.interpolate(masks.grids[number][None, None], size=(height, width), mode="bilinear")[0, 0]
        top, left = int(masks.rows[number, 0]), int(masks.columns[number, 0])
        assert 0 <= top < 9
        assert 0 <= left < 12
        torch.testing.assert_close(made[number], large[top : top + 50, left : left + 70])


def test_neighbours_in_a_pair_hide_what_the_other_shows():
    made = draw_masks(41, (32, 32), cells=4, keep=0.5, seed=0, device=CPU).make(slice(0, 41))

    torch.testing.assert_close(made[0:40:2] + made[1:40:2], torch.ones(20, 32, 32))


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.8])
def test_cells_are_shown_as_often_as_asked(keep):
    masks = draw_masks(4000, (32, 32), cells=4, keep=keep, seed=0, device=CPU)

    assert masks.grids.mean().item() == pytest.approx(keep, abs=0.01)
    assert set(masks.grids.unique().tolist()) == {0.0, 1.0}


def test_the_same_seed_draws_the_same_masks_whatever_is_made_first():
    first, second, other = (draw_masks(30, (32, 32), cells=4, keep=0.5, seed=seed, device=CPU) for seed in (3, 3, 4))
    everything = first.make(slice(0, 30))

    assert second.make(slice(10, 20)).numpy().tobytes() == everything[10:20].numpy().tobytes()
    assert not np.array_equal(other.make(slice(0, 30)), everything)
