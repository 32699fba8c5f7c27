"""Images shown without what the model says, and what comes of it."""

from __future__ import annotations

import random

import pytest

from domain.decision import Verdict
from domain.errors import ConflictError, InputError
from domain.prediction import Labels, Task
from domain.role import Role
from services.access import RightsError
from services.bias_meter import describe_bias, find_bias, measure_bias, start_measuring
from services.identity import give_role
from services.projects import fetch_project
from services.review import Entry, record
from services.withholding import as_on_desk, check_map_allowed, draw_of, is_withheld, set_withheld_share
from tests.services.small_projects import decide, draw_image, label_line, make_project, state_of

NAMES = [f"{n:02}.png" for n in range(40)]


@pytest.fixture
def project(workspace, tmp_path):
    """Forty images: the model says can, the labels say can for the even ones and jar for the odd ones."""
    give_role(workspace, "Lea", Role.LEAD)
    for name in NAMES:
        draw_image(tmp_path / "photos" / name)
    lines = [label_line(name, "jar" if n % 2 else "can") for n, name in enumerate(NAMES)]
    predictions = [{"filename": name, "labels": ["can", "jar"], "probs": [0.9, 0.1]} for name in NAMES]
    return make_project(workspace, tmp_path / "photos", Task.CLASSIFICATION, lines=lines, predictions=predictions)


def say(workspace, project, name, label, *, withheld, reviewer="Ana"):
    number = NAMES.index(name) + 1
    entry = Entry(
        number, f"{reviewer}{number}", name, Verdict.CORRECT, Labels({label: 1.0}), provenance={"withheld": withheld}
    )
    _, refused = record(workspace, project.project_id, reviewer, f"tab of {reviewer}", [entry])
    assert refused == []


def test_the_draw_is_lasting_and_even(project):
    draws = [draw_of(project.project_id, f"{n}.jpg") for n in range(10_000)]

    assert draws == [draw_of(project.project_id, f"{n}.jpg") for n in range(10_000)]
    assert 0.09 < sum(draw < 0.1 for draw in draws) / len(draws) < 0.11
    assert draws[:5] != [draw_of(project.project_id + 1, f"{n}.jpg") for n in range(5)]


def test_nothing_is_withheld_unless_a_lead_wants_it(workspace, project):
    assert not any(is_withheld(project, state_of(workspace, project, name)) for name in NAMES)
    with pytest.raises(RightsError, match="Only a lead may withhold predictions"):
        set_withheld_share(workspace, project.project_id, 0.2, lead="Ana")
    for share in (-0.1, 0.6, float("nan")):
        with pytest.raises(InputError, match=r"expected 0 to 0\.5"):
            set_withheld_share(workspace, project.project_id, share, lead="Lea")


def test_a_larger_share_keeps_those_that_were_withheld(workspace, project):
    def withheld(share):
        set_withheld_share(workspace, project.project_id, share, lead="Lea")
        now = fetch_project(workspace, project.project_id)
        return {name for name in NAMES if is_withheld(now, state_of(workspace, project, name))}

    few, many = withheld(0.2), withheld(0.5)

    assert few
    assert few < many < set(NAMES)


def test_the_desk_shows_a_withheld_image_without_what_the_model_says_until_it_is_decided(workspace, project):
    set_withheld_share(workspace, project.project_id, 0.5, lead="Lea")
    now = fetch_project(workspace, project.project_id)
    name = next(name for name in NAMES if is_withheld(now, state_of(workspace, now, name)))
    state = state_of(workspace, now, name)

    blind = as_on_desk(now, state)
    assert (blind.prediction, blind.score, blind.label) == (None, None, state.label)
    with pytest.raises(ConflictError, match="shown without prediction and map"):
        check_map_allowed(now, state)

    decide(workspace, now, name, Verdict.ACCEPT, state.label)
    decided = state_of(workspace, now, name)
    assert as_on_desk(now, decided) is decided
    check_map_allowed(now, decided)


def test_followed_wrong_predictions_are_counted_with_and_without(workspace, project):
    for n, name in enumerate(NAMES):
        is_shown = n >= 20
        follows = n % 2 == 0 or (is_shown and n % 4 == 1)  # shown, every second wrong one is followed; withheld none
        say(workspace, project, name, "can" if follows else "jar", withheld=not is_shown)

    bias = measure_bias(workspace, project)

    assert (bias.shown_wrong.images, bias.shown_wrong.followed) == (10, 5)
    assert (bias.withheld_wrong.images, bias.withheld_wrong.followed) == (10, 0)
    assert (bias.shown_right.images, bias.shown_right.followed) == (10, 10)
    assert bias.unknown == 0
    told = describe_bias(bias)
    assert told[0] == "Of 10 wrong predictions that were on the screen, 5 were followed: 0.500 (0.187 to 0.813)."
    assert told[1] == "Of 10 wrong predictions that were withheld, 0 were followed: 0.000 (0.000 to 0.308)."
    assert told[2].startswith("Shown, they are followed more often, by 0.500 (0.")


def test_a_difference_that_may_be_chance_is_called_so(workspace, project):
    for n, name in enumerate(NAMES):
        say(workspace, project, name, "can" if n % 2 == 0 or n in (1, 5, 21) else "jar", withheld=n >= 20)

    told = describe_bias(measure_bias(workspace, project))

    assert told[2].endswith("may be chance.")


def test_of_a_few_images_nothing_is_concluded(workspace, project):
    for n, name in enumerate(NAMES[:12]):
        say(workspace, project, name, "can" if n < 6 else "jar", withheld=n >= 6)

    told = describe_bias(measure_bias(workspace, project))

    assert told[0].startswith("Of 3 wrong predictions that were on the screen, 3 were followed: 1.000 (0.292 to 1.000)")
    assert told[2] == "Too few to say what withholding does: 10 wrong predictions of each kind are needed."


def test_without_anything_to_compare_with_it_says_so(workspace, project):
    assert describe_bias(measure_bias(workspace, project)) == [
        "No decisions on wrong predictions that were on the screen yet.",
        "No decisions on wrong predictions that were withheld yet.",
        "The two cannot be compared before both have images.",
    ]


def test_a_decision_cannot_vouch_for_itself(workspace, tmp_path):
    """Without a label file it takes somebody else's later label to say what is right."""
    for name in NAMES[:4]:
        draw_image(tmp_path / "others" / name)
    predictions = [{"filename": name, "labels": ["can", "jar"], "probs": [0.9, 0.1]} for name in NAMES[:4]]
    project = make_project(workspace, tmp_path / "others", Task.CLASSIFICATION, predictions=predictions)
    for name in NAMES[:4]:
        say(workspace, project, name, "can", withheld=False)
    assert measure_bias(workspace, project).unknown == 4

    say(workspace, project, NAMES[0], "jar", withheld=False, reviewer="Ben")

    bias = measure_bias(workspace, project)
    assert (bias.shown_wrong.images, bias.shown_wrong.followed, bias.unknown) == (1, 1, 3)


def test_it_is_measured_as_a_job_that_can_be_found(workspace, project):
    say(workspace, project, NAMES[0], "can", withheld=False)
    assert find_bias(workspace, project.project_id) is None

    assert start_measuring(workspace, project.project_id).ended.wait(30)

    found = find_bias(workspace, project.project_id)
    assert found is not None
    assert found.shown_right.images == 1


def test_chance_alone_rarely_looks_like_a_difference():
    from metrics.share_difference import share_difference

    draw = random.Random(5)
    found = 0
    for _ in range(400):
        hits, others = (sum(draw.random() < 0.3 for _ in range(40)) for _ in range(2))
        estimate = share_difference(hits, 40, other_hits=others, other_n=40)
        found += estimate.low > 0 or estimate.high < 0
    assert found / 400 < 0.08
