"""Pages of images in an order: none left out, none given twice, and along an index."""

from itertools import product

import pytest
from sqlalchemy import event, insert

from domain.decision import OPEN_STATUSES, STATUSES
from domain.prediction import Task
from store.engine import open_engine
from store.image_classes import class_rows, replace_classes
from store.listing import ORDERS, Place, Wanted, count_images, find_place, list_images
from store.projects import insert_project
from store.review_schema import image_facts

SCORES = (None, 0.1, 0.25, 0.5)
"""Few, so that images tie."""


@pytest.fixture
def full(connection):
    """A project of 72 images with every mix of status, score and difference, some at the same position."""
    project_id = insert_project(connection, name="Full", task=Task.DETECTION, image_folder="/photos")
    mixes = list(product(STATUSES[:6], SCORES, (True, False, None)))
    rows = [
        {
            "project_id": project_id,
            "image_id": f"Straße/{(7 * n) % 72:02}.jpg",
            "position": n // 2,
            "status": status,
            "reviewer": None if status == "new" else ("Ana", "Ben")[n % 2],
            "score": score,
            "differs": differs,
            "settled": 1,
        }
        for n, (status, score, differs) in enumerate(mixes)
    ]
    connection.execute(insert(image_facts), rows)
    classes = [
        row
        for number, each in enumerate(rows)
        for row in class_rows(
            project_id, each["image_id"], {"can": 1, "jar": 2} if number % 3 == 0 else {"can": 1}, {"jar": 1}
        )
    ]
    replace_classes(connection, project_id, [row["image_id"] for row in rows], classes)
    return project_id, rows


def rank(row, order):
    score = 2.0 if row["score"] is None else row["score"]
    first = {"name": 0, "score": score, "differs": (True, False, None).index(row["differs"])}[order]
    return first, row["position"], row["image_id"]


def walk(connection, project_id, wanted, *, order, size, is_backward=False):
    """All pages, one after the other."""
    found, after = [], None
    while page := list_images(
        connection, project_id, wanted, order=order, after=after, count=size, is_backward=is_backward
    ):
        found += page
        after = find_place(connection, project_id, page[-1])
    return found


@pytest.mark.parametrize("order", ORDERS)
def test_pages_give_every_image_once_in_order(connection, full, order):
    project_id, rows = full
    for statuses in ((), ("new",), OPEN_STATUSES, ("accept", "skip", "new", "flag"), STATUSES):
        wanted = [row for row in rows if not statuses or row["status"] in statuses]
        expected = [row["image_id"] for row in sorted(wanted, key=lambda row: rank(row, order))]
        for size in (1, 5, 100):
            there = walk(connection, project_id, Wanted(statuses), order=order, size=size)
            back = walk(connection, project_id, Wanted(statuses), order=order, size=size, is_backward=True)
            assert (there, back) == (expected, expected[::-1]), (statuses, size)
        assert count_images(connection, project_id, Wanted(statuses)) == len(expected)


FILTERS = (
    (Wanted(label="jar"), lambda n, row: n % 3 == 0),
    (Wanted(predicted="jar"), lambda n, row: True),
    (Wanted(predicted="can"), lambda n, row: False),
    (Wanted(scores=(0.25, 1.0)), lambda n, row: row["score"] in {0.25, 0.5}),
    (Wanted(differs=False), lambda n, row: row["differs"] is False),
    (Wanted(reviewer="Ana"), lambda n, row: row["reviewer"] == "Ana"),
    (Wanted(name="/1"), lambda n, row: "/1" in row["image_id"]),
    (Wanted(name="STRASSE/"), lambda n, row: False),
    (Wanted(name="sTRAßE/2"), lambda n, row: "/2" in row["image_id"]),
    (Wanted(name="%"), lambda n, row: False),
    (Wanted(("new", "skip"), reviewer="Ben"), lambda n, row: row["status"] == "skip" and row["reviewer"] == "Ben"),
    (Wanted(name=".JPG", label="jar", differs=True), lambda n, row: n % 3 == 0 and row["differs"] is True),
)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("most_of_what_is_rare", [1000, 0])
def test_filters_join(connection, full, monkeypatch, order, most_of_what_is_rare):
    monkeypatch.setattr("store.wanted._RARE", most_of_what_is_rare)
    project_id, rows = full
    for wanted, holds in FILTERS:
        passing = [row for n, row in enumerate(rows) if holds(n, row)]
        expected = [row["image_id"] for row in sorted(passing, key=lambda row: rank(row, order))]
        for size in (2, 100):  # a page of 2 of the rows makes walking along the order worth it, one of 100 does not
            assert walk(connection, project_id, wanted, order=order, size=size) == expected, wanted
        assert count_images(connection, project_id, wanted) == len(expected), wanted


def test_an_image_that_is_not_there_has_no_place(connection, full):
    assert find_place(connection, full[0], "nowhere.jpg") is None


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("statuses", [(), OPEN_STATUSES])
@pytest.mark.parametrize("is_backward", [False, True])
def test_no_page_is_sorted_or_scanned(tmp_path, order, statuses, is_backward):
    """SQLite tells how it would answer: by an index for every part, with at most a sort of images at one position."""
    engine = open_engine(f"sqlite:///{tmp_path / 'r.sqlite'}")
    plans = []
    wanted = Wanted(statuses)

    @event.listens_for(engine, "before_cursor_execute")
    def explain(_connection, cursor, statement, parameters, _context, _many):
        if "FROM image_facts" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append([row[3] for row in cursor.fetchall()])

    after = Place("a.jpg", 3, 0.5, True, "new")
    with engine.connect() as connection:
        for place in (None, after):
            list_images(connection, 1, wanted, order=order, after=place, count=24, is_backward=is_backward)
    engine.dispose()

    assert plans
    steps = [step for plan in plans for step in plan]
    assert any("USING INDEX" in step or "USING COVERING INDEX" in step for step in steps)
    assert not any(step.startswith("SCAN image_facts") for step in steps)
    assert not any(step == "USE TEMP B-TREE FOR ORDER BY" for step in steps if not statuses)
