"""Taking down decisions: what they hold, undo and redo, what is sent twice, what is refused."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from domain.decision import Verdict
from domain.errors import InputError, NotFoundError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from services.projects import fetch_progress, fetch_project, set_threshold
from services.review import Entry, fetch_history, record
from tests.services.small_projects import decide, log_of, make_boxes, make_project, shown, state_of

DRAWN = Instance("drawn", "carton", Box(0.5, 0.5, 0.9, 0.9))


@pytest.fixture
def boxes(workspace, photos):
    return make_boxes(workspace, photos)


def test_accepting_the_label_as_shown_is_an_accept(workspace, boxes):
    content = shown(workspace, boxes, "a.png")

    decide(workspace, boxes, "a.png", Verdict.CORRECT, content)

    decision = state_of(workspace, boxes, "a.png").decision
    assert decision is not None
    assert (decision.verdict, decision.content) == ("accept", content)
    assert decision.reviewer == "Ana"


def test_accepting_a_prediction_takes_what_is_above_the_threshold_without_scores(workspace, boxes):
    content = shown(workspace, boxes, "b.png")
    assert isinstance(content, Instances)
    assert [(item.label, item.score) for item in content.items] == [("can", 0.9)]

    decide(workspace, boxes, "b.png", Verdict.ACCEPT, content)

    decision = state_of(workspace, boxes, "b.png").decision
    assert decision is not None
    assert decision.verdict == "accept"
    assert decision.content == Instances((replace(content.items[0], score=None),))


def test_any_change_makes_a_correction_whatever_the_browser_calls_it(workspace, boxes):
    given = shown(workspace, boxes, "a.png")
    assert isinstance(given, Instances)
    (item,) = given.items
    changes = [
        Instances((replace(item, label="carton"),)),
        Instances((replace(item, box=Box(0.1, 0.2, 0.4, 0.6)),)),
        Instances((item, DRAWN)),
        Instances(),
    ]
    for changed in changes:
        decide(workspace, boxes, "a.png", Verdict.ACCEPT, changed)
        decision = state_of(workspace, boxes, "a.png").decision
        assert decision is not None
        assert (decision.verdict, decision.content) == ("correct", changed)


def test_a_threshold_that_changed_changes_what_is_shown_and_not_what_was_decided(workspace, boxes):
    decide(workspace, boxes, "b.png", Verdict.ACCEPT, shown(workspace, boxes, "b.png"))
    set_threshold(workspace, boxes.project_id, 0.1)

    content = shown(workspace, boxes, "b.png")

    assert isinstance(content, Instances)
    assert [item.label for item in content.items] == ["can"]
    prediction = state_of(workspace, boxes, "b.png")
    assert prediction.score == 0.2


def test_verdicts_without_content_keep_the_label(workspace, boxes):
    label = shown(workspace, boxes, "a.png")
    for verdict in (Verdict.REJECT, Verdict.SKIP, Verdict.FLAG, Verdict.WRONG_EVIDENCE):
        decide(workspace, boxes, "a.png", verdict, Instances(), note="blurred")

        decision = state_of(workspace, boxes, "a.png").decision
        assert decision is not None
        assert (decision.verdict, decision.content, decision.note) == (verdict, None, "blurred")
        assert shown(workspace, boxes, "a.png") == label


@pytest.mark.parametrize("verdict", [Verdict.SKIP, Verdict.FLAG, Verdict.REJECT, Verdict.WRONG_EVIDENCE])
def test_a_verdict_without_content_keeps_an_earlier_correction(workspace, boxes, verdict):
    corrected = Instances((DRAWN,))
    decide(workspace, boxes, "a.png", Verdict.CORRECT, corrected)

    decide(workspace, boxes, "a.png", verdict, reviewer="Ben")

    decision = state_of(workspace, boxes, "a.png").decision
    assert decision is not None
    assert decision.verdict == verdict
    assert shown(workspace, boxes, "a.png") == corrected


def test_a_class_that_is_new_joins_the_others(workspace, six):
    decide(workspace, six, "1.png", Verdict.CORRECT, Labels({"jar": 1.0}))
    decide(workspace, six, "2.png", Verdict.CORRECT, Labels({"can": 1.0}))

    assert fetch_project(workspace, six.project_id).classes == ("jar", "can")


def test_undo_and_redo_are_rows_that_move_the_label_back_and_forth(workspace, boxes):
    original = shown(workspace, boxes, "a.png")
    corrected = Instances((DRAWN,))
    made, _ = decide(workspace, boxes, "a.png", Verdict.CORRECT, corrected)

    undo, _ = decide(workspace, boxes, "a.png", Verdict.CORRECT, undoes=made)
    assert shown(workspace, boxes, "a.png") == original
    assert state_of(workspace, boxes, "a.png").decision is None
    assert [[entry.decision_id for entry in part] for part in fetch_history(workspace, boxes.project_id, "Ana")] == [
        [],
        [undo],
    ]

    redo, _ = decide(workspace, boxes, "a.png", Verdict.CORRECT, undoes=undo)
    assert shown(workspace, boxes, "a.png") == corrected
    undoable, redoable = fetch_history(workspace, boxes.project_id, "Ana")
    assert ([entry.decision_id for entry in undoable], redoable) == ([made], [])

    decide(workspace, boxes, "a.png", Verdict.CORRECT, undoes=made)
    assert shown(workspace, boxes, "a.png") == original
    assert [row.undoes for row in log_of(workspace, boxes)] == [None, made, undo, made]
    assert redo in {row.decision_id for row in log_of(workspace, boxes)}


def test_undo_gives_the_earlier_decision_back(workspace, boxes):
    decide(workspace, boxes, "a.png", Verdict.CORRECT, Instances((DRAWN,)))
    second, _ = decide(workspace, boxes, "a.png", Verdict.REJECT)

    decide(workspace, boxes, "a.png", Verdict.REJECT, undoes=second)

    decision = state_of(workspace, boxes, "a.png").decision
    assert decision is not None
    assert decision.content == Instances((DRAWN,))


def test_history_is_each_reviewers_own(workspace, six):
    made, _ = decide(workspace, six, "1.png", Verdict.REJECT, reviewer="Ana")

    assert fetch_history(workspace, six.project_id, "Ben") == ([], [])
    assert [entry.decision_id for entry in fetch_history(workspace, six.project_id, "Ana")[0]] == [made]


def test_an_undo_of_what_is_not_there_or_of_another_image_is_refused(workspace, six):
    made, _ = decide(workspace, six, "1.png", Verdict.REJECT)

    for image_id, undoes in (("1.png", "nothing"), ("2.png", made)):
        _, refused = decide(workspace, six, image_id, Verdict.REJECT, undoes=undoes)
        assert [type(refusal.error) for refusal in refused] == [NotFoundError]

    assert [row.decision_id for row in log_of(workspace, six)] == [made]


def test_a_batch_sent_again_changes_nothing(workspace, six):
    batch = [
        Entry(1, "d1", "1.png", Verdict.ACCEPT, Labels({"can": 1.0})),
        Entry(2, "d2", "2.png", Verdict.REJECT, None),
        Entry(3, "d3", "2.png", Verdict.REJECT, None, undoes="d2"),
    ]

    first = record(workspace, six.project_id, "Ana", "tab", batch)
    again = record(workspace, six.project_id, "Ana", "tab", [*batch, Entry(4, "d4", "3.png", Verdict.FLAG, None)])

    assert first == (3, [])
    assert again == (4, [])
    assert [row.decision_id for row in log_of(workspace, six)] == ["d1", "d2", "d3", "d4"]


def test_another_decision_under_a_number_that_was_used_is_refused_and_not_taken_for_it(workspace, six):
    first = Entry(1, "first", "1.png", Verdict.REJECT, None)
    record(workspace, six.project_id, "Ana", "tab", [first])

    _, refused = record(workspace, six.project_id, "Ana", "tab", [replace(first, decision_id="other")])

    assert ["has the number 1" in str(refusal.error) for refusal in refused] == [True]
    assert [row.decision_id for row in log_of(workspace, six)] == ["first"]


def test_what_was_taken_back_on_another_page_is_not_taken_back_twice(workspace, six):
    decided, _ = decide(workspace, six, "1.png", Verdict.REJECT)
    undo, _ = decide(workspace, six, "1.png", Verdict.REJECT, undoes=decided)

    _, refused = decide(workspace, six, "1.png", Verdict.REJECT, undoes=decided)
    assert ["taken back already" in str(refusal.error) for refusal in refused] == [True]

    decide(workspace, six, "1.png", Verdict.REJECT, undoes=undo)
    standing = state_of(workspace, six, "1.png").decision
    assert standing is not None
    assert standing.decision_id == decided
    again, refused = decide(workspace, six, "1.png", Verdict.REJECT, undoes=decided)
    assert refused == []
    assert state_of(workspace, six, "1.png").decision is None
    assert log_of(workspace, six)[-1].decision_id == again


def test_two_tabs_count_for_themselves(workspace, six):
    for tab in ("one", "two"):
        record(workspace, six.project_id, "Ana", tab, [Entry(1, f"d {tab}", "1.png", Verdict.REJECT, None)])

    assert [row.decision_id for row in log_of(workspace, six)] == ["d one", "d two"]
    decision = state_of(workspace, six, "1.png").decision
    assert decision is not None
    assert decision.decision_id == "d two"


def test_one_refused_entry_does_not_hold_up_the_others(workspace, photos):
    (photos / "b.png").write_bytes(b"")
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    can = Labels({"can": 1.0})
    batch = [
        Entry(1, "d1", "a.png", Verdict.ACCEPT, Labels({})),
        Entry(2, "d2", "a.png", Verdict.ACCEPT, Labels({"can": 1.0, "carton": 1.0})),
        Entry(3, "d3", "b.png", Verdict.ACCEPT, can),
        Entry(4, "d4", "nowhere.png", Verdict.ACCEPT, can),
        Entry(5, "d5", "a.png", Verdict.ACCEPT, None),
        Entry(6, "d6", "a.png", Verdict.ACCEPT, Instances()),
        Entry(7, "d7", "a.png", Verdict.ACCEPT, Labels({"": 1.0})),
        Entry(8, "d8", "a.png", Verdict.ACCEPT, Labels({" \t": 1.0})),
        Entry(9, "d9", "sub/c.png", Verdict.ACCEPT, can),
        Entry(10, "d9", "sub/c.png", Verdict.REJECT, None),
        Entry(11, "d11", "b.png", Verdict.REJECT, None),
    ]

    acknowledged, refused = record(workspace, project.project_id, "Ana", "tab", batch)

    assert acknowledged == 11
    assert [row.decision_id for row in log_of(workspace, project)] == ["d9", "d11"]
    said = {refusal.seq: str(refusal.error) for refusal in refused}
    assert "has 0 classes; expected exactly one" in said[1]
    assert "has 2 classes; expected exactly one" in said[2]
    assert "b.png cannot be read" in said[3]
    assert "no image 'nowhere.png'" in said[4]
    assert "no label" in said[5]
    assert "does not fit multi-class" in said[6]
    assert "no name" in said[7]
    assert "no name" in said[8]
    assert "already" in said[10]


def test_objects_without_class_or_with_one_name_for_two_are_refused(workspace, boxes):
    for content, said in [
        (Instances((replace(DRAWN, label=""),)), "no name"),
        (Instances((DRAWN, DRAWN)), "stands twice"),
    ]:
        _, refused = decide(workspace, boxes, "a.png", Verdict.CORRECT, content)
        assert [said in str(refusal.error) for refusal in refused] == [True]
        assert isinstance(refused[0].error, InputError)


def test_decisions_of_eight_browsers_at_once_are_all_kept(workspace, six):
    barrier = threading.Barrier(8)
    refused: list[object] = []

    def post(number: int) -> None:
        barrier.wait()
        for seq in range(1, 6):
            entry = Entry(seq, f"d{number}-{seq}", f"{seq}.png", Verdict.ACCEPT, Labels({f"class {number}": 1.0}))
            refused.extend(record(workspace, six.project_id, f"Reviewer {number}", f"tab{number}", [entry, entry])[1])

    threads = [threading.Thread(target=post, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == []
    written = log_of(workspace, six)
    assert {row.decision_id for row in written} == {f"d{n}-{seq}" for n in range(8) for seq in range(1, 6)}
    assert len(written) == 40
    assert fetch_progress(workspace, six.project_id).decided == 5


def test_the_browsers_words_go_into_the_log(workspace, six):
    entry = Entry(1, "d1", "1.png", Verdict.FLAG, None, note="<b>look</b>", overlays=("labels", "map"), seconds=4.25)

    record(workspace, six.project_id, "Zoë", "tab", [entry])

    (row,) = log_of(workspace, six)
    assert (row.note, row.overlays, row.reviewer) == ("<b>look</b>", ("labels", "map"), "Zoë")
