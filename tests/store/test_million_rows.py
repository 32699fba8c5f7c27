"""Next and previous among a million images: the database takes a few steps, wherever one stands."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from domain.decision import OPEN_STATUSES
from domain.prediction import Task
from store.engine import open_engine, writing
from store.listing import ORDERS, Wanted, find_place, list_images
from store.projects import insert_project

IMAGES = 1_000_000
EACH = 500  # steps of SQLite's virtual machine between two counts
FILL = """
    INSERT INTO image_facts (project_id, image_id, position, status, score, differs, settled)
    WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :images)
    SELECT :project_id, printf('shelf %03d/%07d.jpg', n / 1000, n), n,
        CASE WHEN n < :decided THEN 'accept' ELSE 'new' END,
        CASE WHEN n % 7 = 0 THEN NULL ELSE (n * 7919 % 1000) / 1000.0 END,
        CASE n % 3 WHEN 0 THEN 1 WHEN 1 THEN 0 END, 1
    FROM numbers
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A database with a project of a million images, of which all but the last 1,000 are decided, and its id."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('million') / 'r.sqlite'}")
    with writing(engine) as connection:
        project_id = insert_project(connection, name="Full", task=Task.DETECTION, image_folder="/photos")
        values = {"images": IMAGES, "project_id": project_id, "decided": IMAGES - 1000}
        connection.execute(text(FILL), values)
    yield engine, project_id
    engine.dispose()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("at", [0, 1, IMAGES // 2, IMAGES - 999, IMAGES - 1])
def test_a_step_to_a_neighbour_looks_at_a_handful_of_rows(full, order, at):
    engine, project_id = full
    name = f"shelf {at // 1000:03}/{at:07}.jpg"
    counts: list[None] = []
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(lambda: counts.append(None), EACH)
        here = find_place(connection, project_id, name)
        options = {"order": order, "after": here, "count": 1}
        behind = list_images(connection, project_id, **options)
        before = list_images(connection, project_id, is_backward=True, **options)
        waiting = list_images(connection, project_id, Wanted(OPEN_STATUSES), **options)
        raw.set_progress_handler(None, 0)
    assert len(counts) * EACH <= 10_000
    if order == "name":
        assert behind == [f"shelf {n // 1000:03}/{n:07}.jpg" for n in [at + 1] if n < IMAGES]
        assert before == [f"shelf {n // 1000:03}/{n:07}.jpg" for n in [at - 1] if n >= 0]
        first_open = max(at + 1, IMAGES - 1000)
        assert waiting == [f"shelf {n // 1000:03}/{n:07}.jpg" for n in [first_open] if n < IMAGES]
