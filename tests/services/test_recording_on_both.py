"""Taking down decisions on either database: what is sent at once, and how often the database is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from domain.decision import Verdict
from domain.errors import ConflictError, NotFoundError
from domain.prediction import Labels, Task
from domain.role import Role
from domain.settings import Settings
from services.after_deciding import fetch_outcome
from services.class_list import rename_class
from services.identity import give_role
from services.leases import Claimant
from services.projects import delete_project
from services.queue_pages import fetch_queue
from services.review import Entry, record
from services.workspace import open_workspace
from tests.postgres_server import PostgresServer, running_postgres
from tests.services.small_projects import draw_images, log_of, make_project, state_of

CAN = Labels({"can": 1.0})


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request, tmp_path):
    home = tmp_path / "home"
    if request.param == "sqlite":
        opened = open_workspace(Settings(home, f"sqlite:///{home / 'relook.sqlite'}", has_demo=False))
        yield opened
        opened.close()
        return
    with request.getfixturevalue("postgres").database() as url:
        opened = open_workspace(Settings(home, url, has_demo=False))
        yield opened
        opened.close()


@pytest.fixture
def project(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", [f"{number}.png" for number in range(1, 5)])
    return make_project(workspace, folder, Task.CLASSIFICATION)


def test_of_two_decisions_with_one_number_at_once_one_is_kept_and_the_other_is_refused(workspace, project):
    """A tab that was duplicated counts on from the same number: neither is taken for the other, none gets lost."""
    for number in range(1, 9):
        barrier = threading.Barrier(2)

        def send(which, number=number, barrier=barrier):
            entry = Entry(number, f"{which} {number}", f"{which}.png", Verdict.ACCEPT, CAN)
            barrier.wait()
            _, refused = record(workspace, project.project_id, "Ana", "tab", [entry])
            return [type(each.error) for each in refused]

        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(send, (1, 2)))

        assert sorted(told, key=len) == [[], [ConflictError]]
        kept = told.index([]) + 1
        assert [row.decision_id for row in log_of(workspace, project)][number - 1 :] == [f"{kept} {number}"]


def test_a_decision_asks_the_database_only_a_few_times(workspace, project):
    """Each statement takes as long as ten of them do where the database is another machine."""
    claimant = Claimant("Ana", "tab")
    page = fetch_queue(workspace, project.project_id, claimant=claimant)
    names = [state.image.image_id for state in page.states]
    entries = [Entry(n, f"d{n}", name, Verdict.ACCEPT, CAN, parent="") for n, name in enumerate(names, start=1)]
    record(workspace, project.project_id, "Ana", "tab", entries[:1])
    asked: list[str] = []
    event.listen(workspace.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    acknowledged, refused = record(workspace, project.project_id, "Ana", "tab", entries[1:2])
    fetch_outcome(workspace, project.project_id, "tab", entries[1:2])

    assert (acknowledged, refused) == (2, [])
    statements = [each for each in asked if not each.startswith(("BEGIN", "PRAGMA"))]
    assert len(statements) <= 15, "\n".join(statements)


def test_a_decision_goes_by_the_class_names_of_the_moment_it_is_written(workspace, project):
    give_role(workspace, "Lea", Role.LEAD)
    record(workspace, project.project_id, "Ana", "tab", [Entry(1, "d1", "1.png", Verdict.ACCEPT, CAN)])
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")

    record(workspace, project.project_id, "Ana", "tab", [Entry(2, "d2", "2.png", Verdict.ACCEPT, CAN)])

    assert [row.content for row in log_of(workspace, project)] == [CAN, CAN]
    standing = state_of(workspace, project, "2.png").decision
    assert standing is not None
    assert standing.content == Labels({"tin": 1.0})


def test_a_project_that_is_gone_is_told(workspace, project):
    delete_project(workspace, project.project_id)
    entry = Entry(1, "d1", "1.png", Verdict.ACCEPT, CAN)

    _, refused = record(workspace, project.project_id, "Ana", "tab", [entry])

    assert [type(each.error) for each in refused] == [NotFoundError]
