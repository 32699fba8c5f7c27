from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import pytest
from sqlalchemy import select

from domain.decision import Decision, Verdict
from store import leases, overlap
from store.decisions import Receipt, append_decision
from store.review_schema import image_facts

NOW = 1_000_000.0


@pytest.fixture
def decide(connection, project_id):
    """A function that writes one decision about an image and returns its id."""
    numbers = count(1)

    def decide_one(reviewer, verdict, *, image="0.jpg", undoes=None, consensus=False):
        number = next(numbers)
        made = (f"d{number}", image, None, Verdict(verdict), None, reviewer, "", (), datetime.now(UTC), undoes)
        provenance = {"consensus": ["d1"]} if consensus else {"order": "name"}
        append_decision(connection, project_id, Decision(*made), Receipt("tab", number, provenance=provenance))
        return f"d{number}"

    return decide_one


@pytest.fixture
def awaits(connection, project_id):
    """A function that tells whether somebody should decide on 0.jpg."""

    def ask(reviewer, people=2, now=NOW):
        query = select(image_facts.c.image_id).where(overlap.awaits(project_id, reviewer, people=people, now=now))
        return "0.jpg" in set(connection.scalars(query))

    return ask


def names_of(connection, project_id):
    return [each.decision.reviewer for each in overlap.list_opinions(connection, project_id).get("0.jpg", [])]


def test_an_image_waits_for_as_many_as_the_project_asks_for(decide, awaits):
    assert awaits("Ana")
    decide("Ana", "accept")

    assert not awaits("Ana")
    assert awaits("Ben")
    decide("Ben", "reject")
    assert not awaits("Cleo")
    assert awaits("Cleo", people=3)


def test_those_who_are_at_work_count_until_their_time_is_over(connection, project_id, decide, awaits):
    decide("Ana", "accept")
    leases.grant(connection, project_id, "Ben", ["0.jpg"], client_id="tab", now=NOW, until=NOW + 600)

    assert awaits("Ben")
    assert not awaits("Cleo")
    assert awaits("Cleo", now=NOW + 600)
    leases.grant(connection, project_id, "Ana", ["1.jpg"], client_id="tab", now=NOW, until=NOW + 600)
    leases.grant(connection, project_id, "Ben", ["1.jpg"], client_id="tab", now=NOW, until=NOW + 600)
    waits = overlap.awaits(project_id, "Cleo", people=2, now=NOW)
    assert connection.scalars(select(image_facts.c.image_id).where(waits)).all() == ["2.jpg"]


def test_somebody_who_decided_and_looks_again_counts_once(connection, project_id, decide, awaits):
    decide("Ana", "accept")
    leases.grant(connection, project_id, "Ana", ["0.jpg"], client_id="tab", now=NOW, until=NOW + 600)

    assert awaits("Ben")


def test_skipping_settles_nothing(connection, decide, awaits):
    decide("Ana", "skip")

    assert awaits("Ana")
    mine = select(image_facts.c.image_id)
    assert connection.scalars(mine.where(overlap.was_skipped("Ana"))).all() == ["0.jpg"]
    assert connection.scalars(mine.where(overlap.was_skipped("Ben"))).all() == []


def test_what_was_taken_back_counts_no_more_and_made_again_it_does(connection, project_id, decide, awaits):
    made = decide("Ana", "accept")
    undo = decide("Ana", "accept", undoes=made)
    assert awaits("Ana")
    assert names_of(connection, project_id) == []

    decide("Ana", "accept", undoes=undo)
    assert not awaits("Ana")
    assert names_of(connection, project_id) == ["Ana"]


def test_an_image_sent_back_is_decided_on_anew_by_all(connection, project_id, decide, awaits):
    decide("Ana", "accept")
    decide("Ben", "reject")
    sent = decide("Lea", "send_back")

    assert awaits("Ana")
    assert awaits("Ben")
    assert names_of(connection, project_id) == []
    decide("Lea", "send_back", undoes=sent)
    assert not awaits("Ana")


def test_an_answered_flag_waits_for_its_reviewer_alone(connection, project_id, decide, awaits):
    decide("Ana", "flag")
    decide("Ben", "accept")
    decide("Lea", "resolve")

    assert awaits("Ana")
    assert not awaits("Ben")
    assert names_of(connection, project_id) == ["Ben"]


def test_the_newest_word_of_each_counts_and_a_leads_choice_is_none(connection, project_id, decide):
    decide("Ana", "accept")
    decide("Ben", "reject")
    newest = decide("Ana", "flag")
    chosen = decide("Ben", "accept", consensus=True)

    opinions = overlap.list_opinions(connection, project_id, image_ids=["0.jpg", "1.jpg"])["0.jpg"]

    said = [(each.decision.reviewer, each.decision.verdict, each.is_consensus) for each in opinions]
    assert said == [("Ana", "flag", False), ("Ben", "reject", False), ("Ben", "accept", True)]
    assert (opinions[0].decision.decision_id, opinions[2].decision.decision_id) == (newest, chosen)


def test_images_enough_people_decided_on_are_listed_newest_first(connection, project_id, decide):
    for name in ("1.jpg", "0.jpg", "2.jpg"):
        decide("Ana", "accept", image=name)
    for name in ("0.jpg", "1.jpg"):
        decide("Ben", "accept", image=name)
    decide("Ana", "accept", image="2.jpg")

    assert overlap.list_complete(connection, project_id, people=2, count=10) == ["1.jpg", "0.jpg"]
    assert overlap.list_complete(connection, project_id, people=2, count=1) == ["1.jpg"]
