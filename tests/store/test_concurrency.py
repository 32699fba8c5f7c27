"""Many who write at once: the newest decision is in force, nothing is counted twice or lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from domain.decision import Decision, Verdict
from domain.errors import ConflictError
from store.decisions import Receipt, append_decision, list_current
from store.engine import writing
from store.images import ImageFile, list_files, lock_image, save_images
from store.listing import find_place
from store.projects import add_classes, fetch_project
from store.review_schema import image_facts
from store.schema import decisions
from store.tallies import fetch_tally
from tests.store.conftest import make_project

_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def project(engine):
    with writing(engine) as connection:
        return make_project(connection, images=4)


def made(decision_id, image_id, verdict=Verdict.ACCEPT, *, reviewer="Ana"):
    return Decision(decision_id, image_id, None, verdict, None, reviewer, "", (), _AT)


def test_who_comes_second_to_an_image_waits_and_is_in_force(engine, project):
    """The second is told to write while the first is not done: its number must not be the lower one."""
    first_wrote, second_started = threading.Event(), threading.Event()

    def write_first():
        with writing(engine) as connection:
            append_decision(connection, project, made("first", "0.jpg", reviewer="Ana"), Receipt("one", 1))
            first_wrote.set()
            assert second_started.wait(30)

    def write_second():
        assert first_wrote.wait(30)
        second_started.set()
        with writing(engine) as connection:
            append_decision(connection, project, made("second", "0.jpg", Verdict.REJECT), Receipt("two", 1))

    _run(write_first, write_second)

    with engine.connect() as connection:
        assert list_current(connection, project)["0.jpg"].decision_id == "second"
        numbers = {row.decision_id: row.seq for row in connection.execute(select(decisions))}
        assert numbers["first"] < numbers["second"]
        place = find_place(connection, project, "0.jpg")
        assert place is not None
        assert place.status == "reject"
        assert fetch_tally(connection, project).statuses == {"new": 3, "reject": 1}


def test_all_who_bring_new_classes_at_once_bring_theirs(engine, project):
    barrier = threading.Barrier(6)

    def bring(number):
        barrier.wait()
        with writing(engine) as connection:
            add_classes(connection, project, [f"class {number}"])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(bring, range(6)))

    with engine.connect() as connection:
        assert {f"class {number}" for number in range(6)} <= set(fetch_project(connection, project).classes)


def test_who_locked_an_image_decides_on_what_is_in_force(engine, project):
    """Reading, judging and writing under the lock: the second reads what the first wrote."""
    first_locked, second_started = threading.Event(), threading.Event()
    read = {}

    def write_first():
        with writing(engine) as connection:
            lock_image(connection, project, "0.jpg")
            first_locked.set()
            assert second_started.wait(30)
            append_decision(connection, project, made("first", "0.jpg"), Receipt("one", 1))

    def write_second():
        assert first_locked.wait(30)
        second_started.set()
        with writing(engine) as connection:
            lock_image(connection, project, "0.jpg")
            read.update(list_current(connection, project, image_ids=["0.jpg"]))

    _run(write_first, write_second)

    assert read["0.jpg"].decision_id == "first"


def test_what_is_sent_twice_at_once_is_stored_once(engine, project):
    """A browser that gave up waiting sends again while its first try is still being written."""
    barrier = threading.Barrier(6)

    def send(_number):
        barrier.wait()
        with writing(engine) as connection:
            return append_decision(connection, project, made("same", "1.jpg"), Receipt("tab", 1))

    with ThreadPoolExecutor(6) as pool:
        stored = list(pool.map(send, range(6)))

    assert sorted(stored) == [False] * 5 + [True]
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(decisions)) == 1


def test_one_id_on_two_images_is_a_conflict_also_at_once(engine, project):
    barrier = threading.Barrier(2)

    def send(number):
        barrier.wait()
        try:
            with writing(engine) as connection:
                append_decision(connection, project, made("same", f"{number}.jpg"), Receipt(f"tab{number}", 1))
        except ConflictError:
            return "conflict"
        return "stored"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == ["conflict", "stored"]


def test_eight_reviewers_at_once_leave_the_counts_right(engine, project):
    barrier = threading.Barrier(8)
    verdicts = list(Verdict)

    def review(number):
        barrier.wait()
        for step in range(12):
            image_id = f"{(number + step) % 4}.jpg"
            verdict = verdicts[(number * 5 + step) % len(verdicts)]
            with writing(engine) as connection:
                decision = made(f"d{number}-{step}", image_id, verdict, reviewer=f"Reviewer {number}")
                append_decision(connection, project, decision, Receipt(f"tab{number}", step + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(review, range(8)))

    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(decisions)) == 96
        current = list_current(connection, project)
        tally = fetch_tally(connection, project)
        statuses = {row.image_id: row.status for row in connection.execute(select(image_facts))}
        log = connection.execute(select(decisions).order_by(decisions.c.seq))
        newest = {row.image_id: row.decision_id for row in log}
    assert statuses == {name: decision.verdict for name, decision in current.items()}
    assert newest == {name: decision.decision_id for name, decision in current.items()}
    assert tally.statuses == {status: list(statuses.values()).count(status) for status in set(statuses.values())}
    assert tally.changes >= 96


def test_a_decision_while_its_image_comes_back_is_in_its_facts(engine, project):
    """The folder is read again and finds an image that was missing, just as somebody decides about it."""
    with writing(engine) as connection:
        (file,) = list_files(connection, project, image_ids=["2.jpg"])
        save_images(connection, project, [replace(file, is_missing=True)])
        assert find_place(connection, project, "2.jpg") is None
    decided, reading = threading.Event(), threading.Event()

    def decide():
        with writing(engine) as connection:
            append_decision(connection, project, made("late", "2.jpg", Verdict.FLAG), Receipt("one", 1))
            decided.set()
            assert reading.wait(30)

    def read_folder():
        assert decided.wait(30)
        reading.set()
        with writing(engine) as connection:
            save_images(connection, project, [ImageFile(file.image, 2, 100, 0)])

    _run(decide, read_folder)

    with engine.connect() as connection:
        place = find_place(connection, project, "2.jpg")
        assert place is not None
        assert place.status == "flag"
        assert fetch_tally(connection, project).statuses == {"new": 3, "flag": 1}


def _run(*works):
    with ThreadPoolExecutor(len(works)) as pool:
        for ended in [pool.submit(work) for work in works]:
            ended.result(60)
