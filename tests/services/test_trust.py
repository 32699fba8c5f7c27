from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from domain.errors import Cancelled
from domain.explanation import Target
from domain.geometry import Box
from domain.prediction import Instance, Task
from services.explaining import Request, compute
from services.pictures import load_picture
from services.trust import coarseness, measure_trust
from services.trust_figures import with_rank
from services.trust_trial import Subject, count_passes
from tests.explainers.conftest import COLOURS
from tests.services.planted_models import SPEC, colour_classifier, save_spots, tiny_detector

MAX = 100_000


@pytest.fixture
def image(tmp_path):
    return save_spots(tmp_path)


@pytest.fixture
def model():
    return colour_classifier()


def subject_of(model, request, objects=()):
    return Subject(request, compute(model, SPEC, request, max_pixels=MAX), objects)


def measure(model, subject, **more):
    return measure_trust(model, SPEC, subject, max_pixels=MAX, **more)


def figures_of(trust):
    return {figure.name: figure for figure in trust.figures}


def test_a_map_of_planted_evidence_is_better_than_chance_in_every_figure(model, image):
    trust = measure(model, subject_of(model, Request(image, Target("red"), "gradcam"))).trust

    figures = figures_of(trust)
    assert list(figures) == ["insertion", "deletion", "road", "random_logit"]
    for name in ("insertion", "deletion", "road"):
        figure = figures[name]
        assert not figure.is_no_better_than_chance
        assert figure.random is not None
        assert figure.centre is not None
        assert figure.estimate.low <= figure.estimate.value <= figure.estimate.high
    assert figures["insertion"].is_higher_better
    assert not figures["deletion"].is_higher_better
    assert trust.excess is not None
    assert trust.centre_excess is not None
    assert trust.excess > 0.15 > trust.centre_excess
    assert figures["random_logit"].estimate.value < 0.3
    assert (trust.warnings, trust.omitted, trust.cells) == ((), ("sensitivity",), 14)


def test_noise_too_small_to_see_is_tried_when_asked_for(model, image):
    subject = subject_of(model, Request(image, Target("red"), "gradcam"))

    moved = figures_of(measure(model, subject, is_thorough=True).trust)["sensitivity"]

    assert moved.estimate.value < 0.2
    assert moved.estimate.n == 10


def test_the_map_of_another_class_is_worse_than_chance(model, image):
    asked = Request(image, Target("red"), "gradcam")
    green = compute(model, SPEC, replace(asked, target=Target("green")), max_pixels=MAX)

    trust = measure(model, Subject(asked, green)).trust

    assert trust.excess is not None
    assert trust.excess < -0.1
    figures = figures_of(trust)
    assert figures["insertion"].is_no_better_than_chance
    assert figures["deletion"].is_no_better_than_chance


def test_an_inverted_map_is_ordered_by_its_signs(model, image):
    subject = subject_of(model, Request(image, Target("red"), "gradcam"))
    inverted = replace(subject.explanation, heatmap=-subject.explanation.heatmap)

    found = measure(model, replace(subject, explanation=inverted)).trust
    assert found.excess is not None
    assert found.excess < -0.05


def test_a_bundle_costs_about_sixty_pictures_more_than_half_of_them_for_references_known_once(model, image):
    subject = subject_of(model, Request(image, Target("red"), "gradcam"))
    first = measure(model, subject)
    again = measure(model, subject, references=first.references)

    assert 26 + 38 < first.trust.forward_passes <= 70
    assert first.trust.forward_passes <= count_passes(model, subject.request) <= 70
    assert again.trust.forward_passes == first.trust.forward_passes - 38
    assert again.trust.figures == first.trust.figures


def test_the_same_seed_gives_the_same_figures(model, image):
    subject = subject_of(model, Request(image, Target("red"), "gradcam", seed=4))
    one, other = (measure(model, subject).trust for _ in range(2))

    assert one.seed == 4
    assert replace(one, seconds=0.0) == replace(other, seconds=0.0)
    third = measure(model, replace(subject, request=replace(subject.request, seed=5))).trust
    assert third.figures != one.figures


def test_what_takes_long_waits_until_it_is_asked_for(model, image):
    lime = Request(image, Target("red"), "lime", parameters={"samples": 200})
    quick = measure(model, subject_of(model, lime)).trust

    assert quick.omitted == ("random_logit", "sensitivity")
    assert set(figures_of(quick)) == {"insertion", "deletion", "road"}
    small = replace(lime, parameters={"samples": 20})
    thorough = measure(model, subject_of(model, small), is_thorough=True).trust
    assert thorough.omitted == ()
    assert {"random_logit", "sensitivity"} <= set(figures_of(thorough))
    assert count_passes(model, small, is_thorough=True) > count_passes(model, small)


def test_a_class_the_model_hardly_sees_is_told(image):
    model = colour_classifier(Task.MULTILABEL)
    with torch.no_grad():
        model.module[5].bias.copy_(torch.tensor([-8.0, 0.0, 0.0]))
    red, green = (
        measure(model, subject_of(model, Request(image, Target(name), "gradcam"))).trust for name in COLOURS[:2]
    )

    assert red.score < 0.05 < green.score
    assert ["'red' only 0.0" in warning for warning in red.warnings] == [True]
    assert green.warnings == ()


def test_an_object_gets_figures_of_where_the_evidence_lies(image):
    model = tiny_detector()
    [found] = model.predict([load_picture(image.uri, max_pixels=MAX)])
    best, *others = found.items
    subject = subject_of(model, Request(image, Target(best.label, best.instance_id), "odam", best), found.items)

    trust = measure(model, subject).trust

    figures = figures_of(trust)
    assert {"insertion", "deletion", "road", "energy_inside", "energy_per_area", "energy_in_others", "pointing"} <= set(
        figures
    )
    energy = figures["energy_inside"]
    assert energy.random is not None
    assert energy.estimate.value / energy.random == pytest.approx(figures["energy_per_area"].estimate.value)
    assert figures["pointing"].estimate.value in {0.0, 1.0}
    assert not figures["energy_in_others"].is_higher_better
    assert others
    alone = measure(model, replace(subject, objects=[best])).trust
    assert "energy_in_others" not in figures_of(alone)


def test_a_box_the_model_does_not_find_has_no_score_to_watch_but_a_place(image):
    model = tiny_detector()
    drawn = Instance("drawn", "can", Box(0.45, 0.45, 0.5, 0.5))
    subject = subject_of(model, Request(image, Target("can", "drawn"), "odam", drawn))

    trust = measure(model, subject).trust

    assert any("expected more than 0" in warning for warning in trust.warnings)
    assert trust.excess is None
    assert "insertion" not in figures_of(trust)
    assert "energy_inside" in figures_of(trust)
    assert with_rank(trust, [0.0, 0.1]) == trust


def test_a_map_of_a_missed_object_has_no_score_to_watch(image):
    model = tiny_detector()
    missed = Instance("drawn", "can", Box(0.3, 0.3, 0.7, 0.7))
    asked = Request(image, Target("can", "drawn"), "missed_object", missed)
    made = compute(model, SPEC, replace(asked, method="odam"), max_pixels=MAX)

    trust = measure(model, Subject(asked, replace(made, method="missed_object"))).trust

    assert trust.warnings[0] == "The map is about an object the model does not find, so there is no score to watch."
    assert {"energy_inside", "pointing"} <= set(figures_of(trust))
    assert trust.excess is None


def test_a_person_can_stop(model, image):
    subject = subject_of(model, Request(image, Target("red"), "gradcam"))
    told: list[tuple[int, int]] = []

    def report(done, total):
        told.append((done, total))
        if done > 30:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        measure(model, subject, report=report)
    assert told[0][0] == 0
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_progress_runs_from_nothing_to_all(model, image):
    subject = subject_of(model, Request(image, Target("red"), "gradcam"))
    told: list[tuple[int, int]] = []
    measure(model, subject, report=lambda done, total: told.append((done, total)))

    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert len({total for _, total in told}) == 1


def test_the_place_among_random_maps_leads_and_is_the_headline(model, image):
    trust = measure(model, subject_of(model, Request(image, Target("red"), "gradcam"))).trust
    null = np.linspace(-0.2, 0.2, 100).tolist()

    ranked = with_rank(trust, null)

    rank = ranked.figures[0]
    assert (rank.name, rank.estimate.n, rank.random) == ("rank", 100, 0.5)
    assert rank.estimate.value == np.mean([value < trust.excess for value in null])
    assert rank.centre is not None
    assert rank.centre < rank.estimate.value
    assert ranked.in_words == rank.in_words
    assert with_rank(ranked, null) == ranked
    assert with_rank(trust, None) == with_rank(trust, []) == trust


@pytest.mark.parametrize(
    ("excess", "said"),
    [
        (5.0, "Better than all 100 random maps tried (95 % interval 96 to 100 %)."),
        (0.955, "Better than 96 % of 100 random maps (95 % interval 90 to 99 %)."),
        (0.6, "Better than 60 % of 100 random maps (95 % interval 50 to 70 %): this may be chance."),
    ],
)
def test_the_headline_says_how_sure_it_is(model, image, excess, said):
    trust = measure(model, subject_of(model, Request(image, Target("red"), "gradcam"))).trust

    found = with_rank(replace(trust, excess=excess), (np.arange(100) / 100).tolist())
    assert found.in_words == said


@pytest.mark.parametrize(("method", "cells"), [("gradcam", 14), ("lime", 14), ("guided_backprop", 56)])
def test_random_maps_are_as_coarse_as_the_method(model, image, method, cells):
    parameters = {"samples": 20} if method == "lime" else {}
    made = compute(model, SPEC, Request(image, Target("red"), method, parameters=parameters), max_pixels=MAX)

    assert coarseness(made) == cells
