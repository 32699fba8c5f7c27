"""Counts by reviewer and class, from the tables that filters use, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.decision import Decision, Verdict
from domain.prediction import Labels
from services.projects import COMING_AGAIN
from store.decisions import Receipt, append_decision
from store.progress import (
    ClassDone,
    count_by_class,
    count_by_hour,
    count_statuses_by_reviewer,
    list_latest,
)
from store.settled import Settled, list_unsettled, save_settled

START = datetime(2026, 11, 20, 9, tzinfo=UTC)


def decide(connection, project_id, number, *, image="0.jpg", verdict=Verdict.ACCEPT, reviewer="Ana", undoes=None):
    made = START + timedelta(minutes=number)
    decision = Decision(f"d{number}", image, None, verdict, Labels({"can": 1.0}), reviewer, "", (), made, undoes=undoes)
    append_decision(connection, project_id, decision, Receipt("tab", number, seconds=float(number)))


def settle(connection, project_id, given, predicted):
    for each in list_unsettled(connection, project_id, count=10):
        number = int(each.image_id[0])
        label = {given[number]: 1} if given[number] else None
        settled = Settled(each, None, False, label is not None, True, label, {predicted[number]: 1})
        save_settled(connection, project_id, epoch=1, made=[settled])


def test_everybody_is_counted_with_the_verdicts_that_stand(connection, project_id):
    decide(connection, project_id, 1)
    decide(connection, project_id, 2, image="1.jpg", verdict=Verdict.CORRECT, reviewer="Ben")
    decide(connection, project_id, 3, image="2.jpg", verdict=Verdict.SKIP)
    decide(connection, project_id, 4, image="2.jpg", verdict=Verdict.REJECT, reviewer="Ben")

    assert count_statuses_by_reviewer(connection, project_id) == {
        "Ana": {"accept": 1},
        "Ben": {"correct": 1, "reject": 1},
    }


def test_the_latest_rows_come_oldest_first_with_their_time(connection, project_id):
    for number in range(1, 6):
        decide(connection, project_id, number)
    decide(connection, project_id, 6, undoes="d5")

    rows = list_latest(connection, project_id, "Ana", count=3)

    assert [(row.made_at, row.seconds, row.is_undo) for row in rows] == [
        (START + timedelta(minutes=n), float(n), n == 6) for n in (4, 5, 6)
    ]


def test_decisions_are_counted_by_the_hour_without_what_takes_them_back(connection, project_id):
    decide(connection, project_id, 1)
    decide(connection, project_id, 59, image="1.jpg", reviewer="Ben")
    decide(connection, project_id, 60, image="2.jpg")
    decide(connection, project_id, 61, undoes="d1")

    assert count_by_hour(connection, project_id) == {START: 2, START + timedelta(hours=1): 1}
    assert count_by_hour(connection, project_id + 1) == {}


def test_a_class_is_done_where_its_images_are(connection, project_id):
    settle(connection, project_id, ["can", "can", None], ["jar", "jar", "jar"])
    waiting = sorted(COMING_AGAIN)
    assert count_by_class(connection, project_id, waiting=waiting) == [ClassDone("can", 0, 2), ClassDone("jar", 0, 1)]

    decide(connection, project_id, 1)
    decide(connection, project_id, 2, image="2.jpg")
    decide(connection, project_id, 3, image="1.jpg", verdict=Verdict.SKIP)

    assert count_by_class(connection, project_id, waiting=waiting) == [ClassDone("can", 2, 1)]
