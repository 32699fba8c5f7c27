from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.errors import ConflictError, InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from domain.role import Role
from services import consensus, identity, leading
from services.access import RightsError
from services.leases import Claimant
from services.projects import fetch_project
from services.review import Entry, fetch_queue, fetch_state, record
from services.shown import as_shown
from services.team_progress import team_progress
from tests.services.small_projects import decide, draw_images, label_line, make_project

CAN, MILK = Labels({"can": 1.0}), Labels({"milk": 1.0})


def drawn(*objects):
    items = (Instance(str(at), name, Box(left, 0, right, 1)) for at, (name, left, right) in enumerate(objects))
    return Instances(tuple(items))


@pytest.fixture
def make(workspace, tmp_path):
    """A function that makes a project of four images whose task is given and that asks for so many reviewers."""
    identity.give_role(workspace, "Lea", Role.LEAD)
    folder = draw_images(tmp_path / "photos", [f"{number}.png" for number in range(4)])

    def make_one(task=Task.CLASSIFICATION, *, people=2, lines=()):
        project = make_project(workspace, folder, task, lines=lines)
        leading.set_overlap(workspace, project.project_id, "Lea", people)
        return fetch_project(workspace, project.project_id)

    return make_one


@pytest.fixture
def seen(workspace):
    """A function that returns what somebody sees of an image: status, and the classes shown."""

    def look(project, reviewer, image="0.png"):
        state = fetch_state(workspace, project, image, reviewer=reviewer)
        shown = as_shown(state, project).content
        return state.decision.verdict if state.decision else "new", shown.names

    return look


def test_nobody_sees_what_others_said_until_all_have(workspace, make, seen):
    project = make(lines=[label_line("0.png", "carton")])
    decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")

    assert seen(project, "Ana") == ("correct", ("can",))
    assert seen(project, "Ben") == seen(project, "Lea") == ("new", ("carton",))
    decide(workspace, project, "0.png", Verdict.CORRECT, MILK, reviewer="Ben")
    assert (seen(project, "Ana"), seen(project, "Ben")) == (("correct", ("can",)), ("correct", ("milk",)))
    assert seen(project, "Lea") == ("correct", ("milk",))


def test_the_queue_shows_what_each_may_see(workspace, make):
    project = make()
    decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")

    ana, ben = (
        fetch_queue(workspace, project.project_id, claimant=Claimant(name, name), start="0.png").states[0]
        for name in ("Ana", "Ben")
    )

    assert ana.decision.verdict == "correct"
    assert ben.decision is None


def test_the_second_opinion_is_no_conflict_with_the_first(workspace, make):
    project = make()
    decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")

    assert decide(workspace, project, "0.png", Verdict.CORRECT, MILK, reviewer="Ben")[1] == []


def test_a_skip_of_one_is_not_seen_by_the_other(workspace, make, seen):
    project = make()
    decide(workspace, project, "0.png", Verdict.SKIP, reviewer="Ana")

    assert seen(project, "Ana")[0] == "skip"
    assert seen(project, "Ben")[0] == "new"


def test_an_image_counts_as_reviewed_when_as_many_as_asked_for_have_decided(workspace, make):
    project = make()
    for reviewer, done in (("Ana", 0), ("Ben", 1)):
        decide(workspace, project, "0.png", Verdict.REJECT, reviewer=reviewer)
        assert team_progress(workspace, project).decided == done


def test_two_people_who_differ_on_one_image_of_four(workspace, make):
    project = make()
    for number, other in enumerate((CAN, MILK, MILK, CAN)):
        decide(workspace, project, f"{number}.png", Verdict.CORRECT, CAN, reviewer="Ana")
        decide(workspace, project, f"{number}.png", Verdict.CORRECT, other, reviewer="Ben")

    found = consensus.compare_reviewers(workspace, project)

    assert (found.images, found.agreed, found.reviewers) == (4, 2, ("Ana", "Ben"))
    assert [each.image.image_id for each in found.disagreements] == ["2.png", "1.png"]
    assert [each.content for each in found.disagreements[0].opinions] == [CAN, MILK]
    assert found.kappa_name == "Cohen's kappa"
    assert found.kappa.value == 0  # Ana always says can: chance alone would agree as often
    assert found.boxes is found.class_kappa is None


def test_of_three_people_fleiss_kappa_is_told(workspace, make):
    project = make(people=3)
    for number in range(4):
        for reviewer in ("Ana", "Ben", "Cleo"):
            label = CAN if number % 2 or reviewer == "Cleo" else MILK
            decide(workspace, project, f"{number}.png", Verdict.CORRECT, label, reviewer=reviewer)

    found = consensus.compare_reviewers(workspace, project)

    assert found.kappa_name == "Fleiss' kappa"
    # Pairs that agree: 1/3, 1, 1/3, 1. Eight can and four milk: 5/9 by chance.
    assert found.kappa.value == pytest.approx((2 / 3 - 5 / 9) / (4 / 9))


def test_a_rejection_against_a_label_is_a_difference(workspace, make):
    project = make()
    decide(workspace, project, "0.png", Verdict.REJECT, reviewer="Ana")
    decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ben")

    assert len(consensus.compare_reviewers(workspace, project).disagreements) == 1


def test_objects_are_compared_by_place_and_class(workspace, make):
    project = make(Task.DETECTION)
    mine = [drawn(("can", 0, 0.4), ("milk", 0.5, 0.9)), drawn(("can", 0, 1)), drawn()]
    theirs = [drawn(("can", 0, 0.39), ("can", 0.5, 0.9)), drawn(), drawn()]
    for number, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        decide(workspace, project, f"{number}.png", Verdict.CORRECT, one, reviewer="Ana")
        decide(workspace, project, f"{number}.png", Verdict.CORRECT, other, reviewer="Ben")

    found = consensus.compare_reviewers(workspace, project)

    assert (found.images, found.agreed) == (3, 1)
    assert found.boxes.found.value == pytest.approx((1 + 0 + 1) / 3)
    assert found.boxes.overlap.value == pytest.approx((0.975 + 1) / 2)
    assert (found.boxes.same_class.value, found.boxes.same_class.n) == (0.5, 2)


def test_a_lead_takes_one_of_the_decisions_for_all(workspace, make, seen):
    project = make()
    ana, _ = decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")
    ben, _ = decide(workspace, project, "0.png", Verdict.CORRECT, MILK, reviewer="Ben")

    consensus.adopt(workspace, project, "Lea", "0.png", decision_id=ana, seen=[ben, ana])

    assert {seen(project, name) for name in ("Ana", "Ben", "Lea")} == {("correct", ("can",))}
    found = consensus.compare_reviewers(workspace, project)
    assert (found.disagreements, found.agreed, found.reviewers) == ((), 0, ("Ana", "Ben"))
    state = fetch_state(workspace, project, "0.png")
    assert state.decision.reviewer == "Lea"


def test_what_a_lead_decides_at_the_desk_settles_the_image_as_well(workspace, make):
    project = make()
    decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")
    decide(workspace, project, "0.png", Verdict.CORRECT, MILK, reviewer="Ben")
    seen = fetch_state(workspace, project, "0.png", reviewer="Lea").decision

    entry = Entry(1, "lea", "0.png", Verdict.CORRECT, Labels({"carton": 1.0}), parent=seen.decision_id)
    assert record(workspace, project.project_id, "Lea", "tab of Lea", [entry], role=Role.LEAD)[1] == []

    assert consensus.compare_reviewers(workspace, project).disagreements == ()
    assert fetch_state(workspace, project, "0.png", reviewer="Ana").decision.reviewer == "Lea"


def test_a_choice_made_on_an_old_screen_is_refused(workspace, make):
    project = make()
    ana, _ = decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")
    ben, _ = decide(workspace, project, "0.png", Verdict.CORRECT, MILK, reviewer="Ben")
    decide(workspace, project, "0.png", Verdict.REJECT, reviewer="Ben")

    with pytest.raises(ConflictError, match=r"Somebody decided on 0\.png meanwhile"):
        consensus.adopt(workspace, project, "Lea", "0.png", decision_id=ana, seen=[ana, ben])
    with pytest.raises(RightsError, match="Only a lead may choose between reviewers"):
        consensus.adopt(workspace, project, "Ana", "0.png", decision_id=ana, seen=[ana, ben])


def test_flags_are_listed_answered_and_come_again_with_the_answer(workspace, make, seen):
    project = make(people=1)
    decide(workspace, project, "1.png", Verdict.FLAG, reviewer="Ana", note="Is this a can?")
    (flagged,) = leading.list_flagged(workspace, project)
    assert (flagged.image.image_id, flagged.decision.note) == ("1.png", "Is this a can?")

    assert leading.answer_flag(workspace, project, "Lea", flagged, " It is. ") == []

    assert leading.list_flagged(workspace, project) == []
    state = fetch_state(workspace, project, "1.png")
    assert (state.is_open, state.decision.note) == (True, "It is.")


def test_work_sent_back_comes_again_with_the_note(workspace, make):
    project = make(people=1)
    decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")

    assert leading.send_back(workspace, project, "Lea", ["0.png"], "Too hasty.") == []

    page = fetch_queue(workspace, project.project_id, claimant=Claimant("Ana", "tab"))
    assert page.states[0].decision.note == "Too hasty."
    with pytest.raises(InputError, match="The note has 0 characters"):
        leading.send_back(workspace, project, "Lea", ["0.png"], "  ")


def test_an_image_sent_back_is_decided_on_by_all_anew_and_blindly(workspace, make, seen):
    project = make()
    decide(workspace, project, "0.png", Verdict.CORRECT, CAN, reviewer="Ana")
    decide(workspace, project, "0.png", Verdict.CORRECT, MILK, reviewer="Ben")
    leading.send_back(workspace, project, "Lea", ["0.png"], "Look at the lid.")

    assert seen(project, "Ana") == seen(project, "Ben") == ("send_back", ())
    assert decide(workspace, project, "0.png", Verdict.CORRECT, MILK, reviewer="Ana")[1] == []
    assert seen(project, "Ben") == ("new", ())


@pytest.mark.parametrize("act", ["send back", "answer", "overlap"])
def test_only_leads_lead(workspace, make, act):
    project = make(people=1)
    decide(workspace, project, "1.png", Verdict.FLAG, reviewer="Ana", note="?")
    (flagged,) = leading.list_flagged(workspace, project)
    acts = {
        "send back": lambda: leading.send_back(workspace, project, "Ana", ["1.png"], "No."),
        "answer": lambda: leading.answer_flag(workspace, project, "Ana", flagged, "No."),
        "overlap": lambda: leading.set_overlap(workspace, project.project_id, "Ana", 2),
    }

    with pytest.raises(RightsError, match="Only a lead may"):
        acts[act]()


@pytest.mark.parametrize("people", [0, 11])
def test_the_number_of_reviewers_has_limits(workspace, make, people):
    project = make(people=1)

    with pytest.raises(InputError, match="expected 1 to 10"):
        leading.set_overlap(workspace, project.project_id, "Lea", people)
