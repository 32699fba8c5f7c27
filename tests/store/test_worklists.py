"""Worklists in the database: kept in order, read a page at a time, never mixed up, gone with their project."""

from sqlalchemy import func, select, update

from domain.decision import OPEN_STATUSES, Verdict
from store import leases, worklists
from store.projects import delete_project
from store.review_schema import image_facts
from store.wanted import Wanted
from store.worklist_schema import worklist_images
from tests.store.conftest import make_project

OPEN = Wanted(statuses=OPEN_STATUSES)


def save(connection, project_id, *numbers, title="Chosen", reasons=None):
    names = [f"{number}.jpg" for number in numbers]
    return worklists.save_worklist(connection, project_id, title, names, made_by="Ana", reasons=reasons or {})


def set_status(connection, project_id, number, status):
    same = (image_facts.c.project_id == project_id, image_facts.c.image_id == f"{number}.jpg")
    connection.execute(update(image_facts).where(*same).values(status=status))


def test_pages_follow_the_order_of_the_list_and_leave_out_what_is_decided(connection):
    project_id = make_project(connection, images=6)
    worklist = save(connection, project_id, 5, 0, 3, 4, 1)
    set_status(connection, project_id, 0, Verdict.ACCEPT.value)
    set_status(connection, project_id, 4, Verdict.SKIP.value)

    first = worklists.list_images(connection, worklist, OPEN, after=None, count=2)
    here = worklists.find_place(connection, worklist, first[-1])

    assert first == ["5.jpg", "3.jpg"]
    assert here is not None
    assert (here.position, here.status) == (2, "new")
    assert worklists.list_images(connection, worklist, OPEN, after=here, count=9) == ["1.jpg"]
    assert worklists.count_statuses(connection, worklist) == {"new": 3, "accept": 1, "skip": 1}
    assert worklists.find_place(connection, worklist, "2.jpg") is None


def test_images_that_others_work_on_are_left_out(connection):
    project_id = make_project(connection, images=3)
    worklist = save(connection, project_id, 2, 1, 0)
    leases.grant(connection, project_id, "Ben", ["1.jpg"], client_id="tab", now=0, until=100)

    free = Wanted(statuses=OPEN_STATUSES, condition=leases.is_free(project_id, "Ana", now=50))

    assert worklists.list_images(connection, worklist, free, after=None, count=9) == ["2.jpg", "0.jpg"]


def test_the_same_images_under_the_same_title_are_the_same_list(connection):
    project_id = make_project(connection)
    first = save(connection, project_id, 2, 0)

    assert save(connection, project_id, 2, 0) == first
    others = [save(connection, project_id, 0, 2), save(connection, project_id, 2, 0, title="Other")]
    assert len({first.worklist_id, *(each.worklist_id for each in others)}) == 3
    assert connection.scalar(select(func.count()).select_from(worklist_images)) == 6


def test_reasons_and_titles_come_back_and_lists_of_other_projects_do_not(connection):
    project_id = make_project(connection)
    worklist = save(connection, project_id, 2, 0, reasons={"2.jpg": "Label can, prediction milk"})

    assert worklists.find_worklist(connection, project_id, worklist.worklist_id) == worklist
    assert worklists.find_worklist(connection, project_id + 1, worklist.worklist_id) is None
    assert worklists.read_reasons(connection, worklist, ["0.jpg", "2.jpg"]) == {"2.jpg": "Label can, prediction milk"}


def test_the_oldest_list_goes_when_there_are_too_many(connection, monkeypatch):
    monkeypatch.setattr(worklists, "MOST_KEPT", 2)
    project_id = make_project(connection)
    made = [save(connection, project_id, number) for number in (0, 1, 2)]

    found = [worklists.find_worklist(connection, project_id, each.worklist_id) for each in made]

    assert found == [None, *made[1:]]
    assert connection.scalar(select(func.count()).select_from(worklist_images)) == 2


def test_lists_go_with_their_project(connection):
    project_id = make_project(connection)
    save(connection, project_id, 0, 1)

    delete_project(connection, project_id)

    assert connection.scalar(select(func.count()).select_from(worklist_images)) == 0


def test_sqlite_walks_along_the_list_and_sorts_nothing(connection):
    project_id = make_project(connection)
    worklist = save(connection, project_id, 2, 0)
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL plans by what it counted
    asked = []
    connection.connection.driver_connection.set_trace_callback(asked.append)
    worklists.list_images(connection, worklist, OPEN, after=None, count=2)
    connection.connection.driver_connection.set_trace_callback(None)

    plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[-1]}")]

    assert len(plan) == 2
    assert plan[0].startswith("SEARCH worklist_images USING PRIMARY KEY")
    assert "(project_id=? AND image_id=?)" in plan[1]
