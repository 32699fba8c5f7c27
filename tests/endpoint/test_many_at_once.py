"""Several people over HTTP at once, and a server that is killed under them: what was acknowledged is there, once."""

from __future__ import annotations

import random
import threading

from bench.desk_client import DeskClient, accept, make_desks, prepare_review
from bench.killing import Subject, Survival, compare, reviewing, survive
from bench.outbox import HastyReviewer
from bench.server import routes_server
from bench.stored import read_sqlite
from bench.team import run_team


def test_nobody_gets_an_image_of_another_and_every_decision_is_written_once(tmp_path):
    result = run_team(tmp_path / "home", 2, 5, make_server=routes_server)
    assert (result.written, result.lost, result.duplicated, result.given_twice, result.refused) == (10, 0, 0, 0, 0)


def test_decisions_outlive_kills_at_random_points_and_none_is_there_twice(tmp_path):
    home = tmp_path / "home"
    workspace, project_id, images = prepare_review(home, images=2000)
    workspace.close()
    server = routes_server(home)
    server.start()
    subject = Subject(server.kill, server.start, lambda: read_sqlite(home / "relook.sqlite"), is_read_dead=True)
    try:
        with reviewing(make_desks(server.port, workspace, project_id), images, seed=3) as people:
            survival = survive(subject, people, kills=2, seed=3)
    finally:
        server.stop()
    assert survival.kills == len(survival.restarts) == 2
    assert survival.made > 0
    assert survival.is_whole, survival


def test_lost_repeated_and_foreign_rows_are_found():
    desk = DeskClient(port=1, secret=b"", project_id=1, reviewer="Ana", client_id="page")
    person = HastyReviewer(desk, iter(()), random.Random(1), threading.Event())
    person.made = {f"page-{seq}": accept(seq, f"page-{seq}", f"{seq}.jpg") for seq in (1, 2)}
    person.acknowledged = set(person.made)
    first, second = ("page-1", "page", 1, "1.jpg", None), ("page-2", "page", 2, "2.jpg", None)

    def found(*rows, damage=""):
        survival = Survival()
        compare(survival, [person], rows, damage)
        return survival

    assert found(first, second).is_whole
    assert found(first).lost == {"page-2"}
    assert found(first, second, second).twice == {"page-2"}
    assert found(first, ("page-2", "page", 2, "3.jpg", None)).strange == {"page-2"}
    assert found(first, second, ("other", "page", 3, "3.jpg", None)).strange == {"other"}
    assert not found(first, second, damage="row 1 missing from index").is_whole
