"""Two people decide on one image: nothing is overwritten unseen, and nothing is lost."""

from __future__ import annotations

import threading
from itertools import count

import pytest

from domain.decision import Verdict
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from domain.role import Role
from services.access import RightsError
from services.after_deciding import fetch_outcome
from services.edit_merge import EditConflict
from services.review import Entry, record
from services.shown import as_label, as_shown
from services.turning import to_upright
from store.decisions import iterate_log
from tests.services.small_projects import box, draw_image, label_line, make_project, state_of

CAN, MILK = box("can", 0.1, 0.1, 0.3, 0.3), box("milk", 0.5, 0.5, 0.7, 0.7)
MOVED = Box(0.6, 0.6, 0.9, 0.9)

numbers = count(1)


@pytest.fixture
def project(workspace, photos):
    """a.png is labelled with a can and a milk."""
    return make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [CAN, MILK])])


@pytest.fixture
def send(workspace, project):
    """A function that sends a decision and returns its id and the refusal, if any."""

    def send_one(reviewer, verdict, items=None, *, parent, image="a.png", role=Role.REVIEWER, **more):
        number = next(numbers)
        content = items if items is None or isinstance(items, Labels) else Instances(tuple(items))
        entry = Entry(number, f"d{number}", image, Verdict(verdict), content, parent=parent, **more)
        _, refused = record(workspace, project.project_id, reviewer, f"tab of {reviewer}", [entry], role=role)
        return entry.decision_id, refused[0].error if refused else None

    return send_one


def shown(workspace, project, image="a.png"):
    """The objects as the desk shows them."""
    return list(as_label(as_shown(state_of(workspace, project, image), project).content).items)


def moved(items, index, to=MOVED):
    return [Instance(item.instance_id, item.label, to) if at == index else item for at, item in enumerate(items)]


def renamed(items, index, label="carton"):
    return [Instance(item.instance_id, label, item.box) if at == index else item for at, item in enumerate(items)]


def rows(workspace, project):
    with workspace.read() as connection:
        return list(iterate_log(connection, project.project_id))


def test_changes_of_different_objects_are_both_kept_and_the_browser_is_told(workspace, project, send):
    items = shown(workspace, project)
    theirs, _ = send("Ben", "correct", renamed(items, 1), parent="")

    mine, refused = send("Ana", "correct", moved(items, 0), parent="")

    assert refused is None
    now = shown(workspace, project)
    assert [(item.label, item.box) for item in now] == [("can", MOVED), ("carton", items[1].box)]
    sent = [Entry(numbers_of(mine), "", "", Verdict.SKIP, None)]
    (merge,) = fetch_outcome(workspace, project.project_id, "tab of Ana", sent).merges
    assert (merge.decision_id, merge.image_id, merge.other_id) == (mine, "a.png", theirs)
    row = rows(workspace, project)[-1]
    assert row.decision.parent == ""
    sent = row.receipt.provenance["met"]["sent"]["objects"]
    assert [item[1] for item in sent] == ["can", "milk"]  # what Ana sent can still be read


def numbers_of(decision_id):
    return int(decision_id[1:])


def test_an_unchanged_accept_takes_over_what_the_other_changed(workspace, project, send):
    items = shown(workspace, project)
    send("Ben", "correct", moved(items, 0), parent="")

    _, refused = send("Ana", "accept", items, parent="")

    assert refused is None
    state = state_of(workspace, project, "a.png")
    assert (state.decision.verdict, state.decision.reviewer) == ("accept", "Ana")
    assert shown(workspace, project)[0].box == MOVED


def test_the_same_object_changed_by_both_is_refused_with_both_versions(workspace, project, send):
    items = shown(workspace, project)
    theirs, _ = send("Ben", "correct", renamed(items, 0), parent="")

    _, refused = send("Ana", "correct", moved(items, 0), parent="")

    assert isinstance(refused, EditConflict)
    assert (refused.mine, refused.other) == ("1 box moved", "1 class changed")
    assert refused.clashes == (items[0].instance_id,)
    assert refused.theirs.decision.decision_id == theirs
    assert len(rows(workspace, project)) == 1


def test_whoever_sees_the_other_decision_may_overrule_it(workspace, project, send):
    items = shown(workspace, project)
    theirs, _ = send("Ben", "correct", renamed(items, 0), parent="")

    _, refused = send("Ana", "correct", moved(items, 0), parent=theirs)

    assert refused is None
    assert shown(workspace, project)[0].box == MOVED


def test_sending_again_after_a_merge_is_neither_written_twice_nor_a_conflict(workspace, project):
    items = shown(workspace, project)

    def tell(reviewer, seq, content):
        entry = Entry(seq, f"{reviewer}{seq}", "a.png", Verdict.CORRECT, Instances(tuple(content)), parent="")
        return record(workspace, project.project_id, reviewer, reviewer, [entry])[1]

    assert tell("Ben", 1, renamed(items, 1)) == []
    assert tell("Ana", 1, moved(items, 0)) == tell("Ana", 1, moved(items, 0)) == []
    assert tell("Ben", 1, renamed(items, 1)) == []
    assert len(rows(workspace, project)) == 2


def test_ones_own_decisions_in_a_row_are_no_conflict(workspace, project, send):
    items = shown(workspace, project)
    first, _ = send("Ana", "accept", items, parent="")

    second, refused = send("Ana", "reject", parent=first)
    assert refused is None
    assert send("Ana", "correct", moved(items, 0), parent=second)[1] is None


def test_a_desk_that_does_not_say_what_it_saw_is_believed(workspace, project, send):
    items = shown(workspace, project)
    send("Ben", "correct", renamed(items, 0), parent="")

    assert send("Ana", "correct", moved(items, 0), parent=None)[1] is None


def test_a_decision_built_on_one_that_was_refused_meets_the_other_too(workspace, project, send):
    # Ana decided, was told of the conflict and decided once more before looking.
    items = shown(workspace, project)
    send("Ben", "correct", renamed(items, 0), parent="")
    refused_id, refused = send("Ana", "correct", moved(items, 0), parent="")
    assert refused is not None

    assert isinstance(send("Ana", "correct", moved(items, 0), parent=refused_id)[1], EditConflict)
    assert send("Ana", "correct", moved(items, 1), parent=refused_id)[1] is None


def test_a_verdict_against_another_one_is_refused_and_says_so(workspace, project, send):
    send("Ben", "reject", parent="", note="blurred")

    _, refused = send("Ana", "accept", shown(workspace, project), parent="")

    assert isinstance(refused, EditConflict)
    assert (refused.mine, refused.other) == ("nothing changed", "rejected, “blurred”")


def test_the_class_of_an_image_given_by_both_is_a_choice(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])

    def tell(reviewer, label):
        entry = Entry(1, reviewer, "a.png", Verdict.CORRECT, Labels({label: 1.0}), parent="")
        return record(workspace, project.project_id, reviewer, reviewer, [entry])[1]

    assert tell("Ben", "milk") == tell("Cleo", "milk") == []
    (refusal,) = tell("Ana", "carton")
    assert (refusal.error.mine, refusal.error.other) == ("can to carton", "can to milk")


def test_a_decision_that_was_taken_back_meanwhile_leaves_the_edit(workspace, project, send):
    items = shown(workspace, project)
    made, _ = send("Ben", "correct", renamed(items, 1), parent="")
    on_screen = shown(workspace, project)
    send("Ben", "correct", parent=None, undoes=made)

    _, refused = send("Ana", "correct", moved(on_screen, 0), parent=made)

    assert refused is None
    assert [(item.label, item.box) for item in shown(workspace, project)] == [("can", MOVED), ("milk", items[1].box)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_on_a_turned_photo_untouched_objects_stay_untouched(workspace, tmp_path, orientation):
    draw_image(tmp_path / "turned" / "a.jpg", size=(40, 30), orientation=orientation)
    awkward = [box("can", 0.1, 0.1 + 0.2, 0.7, 2 / 3), box("milk", 1e-17, 0.3, 1.0, 1 / 3)]
    project = make_project(workspace, tmp_path / "turned", Task.DETECTION, lines=[label_line("a.jpg", awkward)])
    upright = list(to_upright(Instances(tuple(shown(workspace, project, "a.jpg"))), orientation).items)

    for reviewer, index in (("Ben", 0), ("Ana", 1)):
        content = Instances(tuple(renamed(upright, index)))
        entry = Entry(1, reviewer, "a.jpg", Verdict.CORRECT, content, parent="")
        assert record(workspace, project.project_id, reviewer, reviewer, [entry])[1] == []

    now = shown(workspace, project, "a.jpg")
    assert [item.label for item in now] == ["carton", "carton"]
    assert [item.box.as_tuple() for item in now] == [
        (given["topX"], given["topY"], given["bottomX"], given["bottomY"]) for given in awkward
    ]


def test_many_edits_of_different_objects_at_once_are_all_there(workspace, photos):
    boxes = [box("can", n / 10, 0, n / 10 + 0.05, 1) for n in range(8)]
    project = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", boxes)])
    items = shown(workspace, project)
    refused = []

    def edit(index):
        content = Instances(tuple(renamed(items, index, label=f"class {index}")))
        entry = Entry(1, f"p{index}", "a.png", Verdict.CORRECT, content, parent="")
        refused.extend(record(workspace, project.project_id, f"Person {index}", f"tab {index}", [entry])[1])

    threads = [threading.Thread(target=edit, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == []
    assert [item.label for item in shown(workspace, project)] == [f"class {index}" for index in range(8)]


def test_only_a_lead_sends_work_back_and_the_image_is_open_again_with_the_note(workspace, project, send):
    made, _ = send("Ben", "accept", shown(workspace, project), parent="")

    _, refused = send("Ana", "send_back", parent=made, note="Look left.")
    assert isinstance(refused, RightsError)
    _, refused = send("Lea", "send_back", parent=made, note="Look left.", role=Role.LEAD)

    assert refused is None
    state = state_of(workspace, project, "a.png")
    assert (state.is_open, state.decision.note, state.decision.reviewer) == (True, "Look left.", "Lea")
    assert state.decision.content == Instances(tuple(shown(workspace, project)))


def test_somebody_elses_decision_is_not_theirs_to_take_back_but_a_leads(workspace, project, send):
    made, _ = send("Ben", "reject", parent="")

    _, refused = send("Ana", "reject", parent=None, undoes=made)
    assert isinstance(refused, RightsError)
    assert "only Ben or a lead" in refused.message
    assert send("Lea", "reject", parent=None, undoes=made, role=Role.LEAD)[1] is None
    assert state_of(workspace, project, "a.png").decision is None
