import numpy as np
import pytest
import torch

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.base import Saliency, Subject
from explainers.lime import LIME
from explainers.network.hiding import share_evenly
from explainers.targets import group_by_picture


def test_subjects_of_one_array_belong_together():
    one, other = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    subjects = [Subject(image, Target("red")) for image in (one, other, one)]

    assert group_by_picture(subjects) == [[0, 2], [1]]


@pytest.mark.parametrize(("total", "parts", "shares"), [(10, 3, [4, 3, 3]), (2, 3, [1, 1, 0]), (7, 1, [7]), (5, 0, [])])
def test_passes_are_shared_to_the_last_one(total, parts, shares):
    assert share_evenly(total, parts) == shares


def test_pictures_are_explained_one_after_the_other_with_one_progress(spots_colours, two_spots):
    reports = []
    subjects = [Subject(image, Target("red")) for image in (two_spots, 255 - two_spots // 2, two_spots)]

    found = LIME(samples=40, segments=12).explain_each(
        spots_colours, subjects, report=lambda done, total: reports.append(done / total)
    )

    assert reports == sorted(reports)
    assert reports[0] == 0
    assert reports[-1] == 1
    assert found[0].heatmap.tobytes() == found[2].heatmap.tobytes()


def test_a_picture_that_cannot_be_explained_does_not_stop_the_others(spots_colours, two_spots):
    constant = np.full_like(two_spots, 90)

    found = LIME(samples=40, segments=12).explain_each(
        spots_colours, [Subject(constant, Target("red")), Subject(two_spots, Target("red"))]
    )

    assert isinstance(found[0], ExplanationError)
    assert isinstance(found[1], Saliency)


def test_memory_that_does_not_hold_one_picture_is_told(spots_colours, two_spots):
    def refuse(_network, _inputs):
        raise torch.OutOfMemoryError("out of memory")

    spots_colours.module.register_forward_pre_hook(refuse)

    with pytest.raises(ExplanationError, match=r"Memory ran out with a single picture of 96 x 96 pixels\."):
        LIME(samples=40).explain(spots_colours, two_spots, Target("red"))


def test_other_errors_of_a_network_are_not_taken_for_a_lack_of_memory(spots_colours, two_spots):
    def break_down(_network, _inputs):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    spots_colours.module.register_forward_pre_hook(break_down)

    with pytest.raises(RuntimeError, match="shapes"):
        LIME(samples=40).explain(spots_colours, two_spots, Target("red"))
