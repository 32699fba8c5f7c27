"""The database cannot serve: the desk gets a sentence, nothing acknowledged is lost, and sending again is enough."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bench.desk_client import NotAnswered, accept, make_desks, prepare_review
from bench.failing_store import allow_writing, as_anybody, small_disk
from bench.server import routes_server
from bench.stored import read_sqlite
from domain.prediction import Task
from endpoint.routes import list_routes
from services.workspace import get_workspace
from store.decisions import list_decisions
from tests.endpoint.conftest import Desk
from tests.postgres_server import running_postgres
from tests.services.small_projects import draw_images, make_project

KEPT = "What was confirmed is kept, and what waits is sent again."


@pytest.fixture
def sit_down(tmp_path, monkeypatch):
    """A function that opens a desk over a home and a database of its own."""

    @contextmanager
    def open_desk(home: Path, **environment: str):
        for name, value in {"RELOOK_HOME": str(home), "RELOOK_DEMO": "0", **environment}.items():
            monkeypatch.setenv(name, value)
        get_workspace.cache_clear()
        workspace = get_workspace()
        photos = draw_images(tmp_path / "photos", ["a.png", "b.png", "c.png"])
        project = make_project(workspace, photos, Task.CLASSIFICATION)
        with TestClient(Starlette(routes=list_routes()), raise_server_exceptions=False) as client:
            yield Desk(client, workspace, project.project_id), workspace
        workspace.close()
        get_workspace.cache_clear()

    return open_desk


def label(desk, image, *, note=""):
    return desk.entry(image, "accept", labels=["can"], note=note)


def send(desk, entry):
    return desk.post("decisions", {"client_id": "tab", "entries": [entry]})


def logged(workspace):
    with workspace.read() as connection:
        return [(row.decision_id, row.image_id) for row in list_decisions(connection, 1)]


def assert_told(answer, sentence):
    assert answer.status_code == 503, answer.text
    assert answer.json()["error"].startswith(sentence)  # and not with where the database lies
    assert KEPT in answer.json()["remedy"]


@pytest.fixture
def disk(tmp_path):
    """A file system of 24 MB: a home on it, what fills it, what clears it."""
    with ExitStack() as stack:
        try:
            home, fill, clear, _ = stack.enter_context(small_disk(tmp_path / "small"))
        except RuntimeError as error:
            pytest.skip(str(error))
        yield home, fill, clear


def test_a_full_file_system_is_told_and_what_waits_is_taken_when_there_is_space(disk, sit_down):
    home, fill, clear = disk
    with sit_down(home) as (desk, workspace):
        desk.decide(label(desk, "a.png"))
        fill()
        for _ in range(2000):  # what the log file holds already may still be written over
            waiting = label(desk, "b.png", note="x" * 2000)
            answer = send(desk, waiting)
            if answer.status_code != 200:
                break
        assert_told(answer, "The disk of the database is full")
        assert_told(send(desk, waiting), "The disk of the database is full")
        assert desk.item("a.png")["status"] == "correct"  # reading goes on
        before = logged(workspace)
        assert waiting["decision_id"] not in dict(before)

        clear()
        assert send(desk, waiting).json()["acknowledged"] == waiting["seq"]
        assert send(desk, waiting).json()["refused"] == []
        assert logged(workspace) == [*before, (waiting["decision_id"], "b.png")]


def test_a_database_that_may_not_grow_is_told_and_what_waits_is_taken_when_it_may(tmp_path, sit_down):
    with sit_down(tmp_path / "home") as (desk, workspace):
        desk.decide(label(desk, "a.png"))
        with workspace.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        limit = {"pages": pages}

        @event.listens_for(workspace.engine, "begin")
        def hold_down(connection):
            connection.exec_driver_sql(f"PRAGMA max_page_count = {limit['pages']}")

        waiting = {**label(desk, "b.png"), "provenance": {"told": "x" * 100_000}}
        assert_told(send(desk, waiting), "The disk of the database is full")
        assert logged(workspace) == [("d1", "a.png")]
        assert desk.item("b.png")["status"] == "new"

        limit["pages"] = 1_000_000
        assert send(desk, waiting).json()["acknowledged"] == waiting["seq"]
        assert logged(workspace) == [("d1", "a.png"), (waiting["decision_id"], "b.png")]


def test_a_folder_that_may_not_be_written_is_told_and_writing_goes_on_without_a_restart_when_it_may(tmp_path):
    home = tmp_path / "home"
    workspace, project_id, images = prepare_review(home, images=3)
    workspace.close()
    server = routes_server(home, prefix=as_anybody())
    [desk] = make_desks(server.port, workspace, project_id, count=1)
    entries = [accept(seq, f"d{seq}", name) for seq, name in enumerate(images, start=1)]
    try:
        server.start()
        assert desk.send(entries[:1])["acknowledged"] == 1
        server.kill()
        desk.close()
        allow_writing(home, is_allowed=False)
        server.ready = "/"
        server.start()
        for _ in range(3):
            with pytest.raises(NotAnswered, match=f"503: .*The database may not be written.*{KEPT}"):
                desk.send(entries[1:2])
        allow_writing(home, is_allowed=True)
        assert desk.send(entries[1:])["acknowledged"] == 3
    finally:
        desk.close()
        server.stop()
        allow_writing(home, is_allowed=True)
    rows, damage = read_sqlite(home / "relook.sqlite")
    assert [(row[0], row[3]) for row in rows] == [(f"d{seq}", name) for seq, name in enumerate(images, start=1)]
    assert damage == ""


def test_a_database_server_that_is_away_is_told_and_found_again(tmp_path, sit_down, monkeypatch):
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)  # this one is stopped
    with running_postgres() as server, server.database() as url:
        with sit_down(tmp_path / "home", RELOOK_DATABASE_URL=url) as (desk, workspace):
            desk.decide(label(desk, "a.png"))
            waiting = label(desk, "b.png")
            server.stop()
            for _ in range(2):
                assert_told(send(desk, waiting), "The database cannot be reached")
                assert_told(desk.get("queue"), "The database cannot be reached")
            server.start()
            assert send(desk, waiting).json()["acknowledged"] == waiting["seq"]
            assert send(desk, waiting).json()["refused"] == []
            assert logged(workspace) == [("d1", "a.png"), (waiting["decision_id"], "b.png")]
        monkeypatch.delenv("RELOOK_DATABASE_URL")
