"""Many reviewers at once over HTTP: `python -m bench.team --reviewers 20 --decisions 1000 [--database URL]`.

Each fetches images from the queue and decides on them, as fast as the server answers, all on one project. Nothing may
be lost or written twice, and no image may be given to two people. Beside it the floor of the same database in the same
run: one row a transaction, as safely written, by as many threads.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import orjson

from bench.server import run_app
from domain.image import ImageRef
from domain.prediction import Task
from domain.settings import read_settings
from services.access import issue_token
from services.workspace import Workspace, open_workspace
from store.decisions import list_decisions
from store.engine import writing
from store.images import ImageFile, save_images
from store.projects import add_classes, insert_project
from store.schema import meta

BAR_MS = 300
_PAGE = 24
_PATIENCE = 60.0
"""Seconds without anything to do until a reviewer gives up: the others hold the last images."""


@dataclass(slots=True)
class Reviewer:
    """One person at the desk: what they were given, what the server acknowledged, how long it took."""

    number: int
    api: str
    port: int
    secret: bytes
    project_id: int
    decisions: int
    given: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    queue_seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"Reviewer {self.number}"

    def work(self) -> None:
        """Fetch and decide until enough is decided or nothing is left."""
        connection = HTTPConnection("localhost", self.port, timeout=120)
        waiting: list[str] = []
        idle_since = None
        while len(self.acknowledged) < self.decisions:
            if not waiting:
                waiting = self._fetch(connection)
                self.given += waiting
            if waiting:
                idle_since = None
                self._decide(connection, waiting.pop(0))
            elif idle_since is None:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > _PATIENCE:
                break
        connection.close()

    def _fetch(self, connection: HTTPConnection) -> list[str]:
        wanted = min(_PAGE, self.decisions - len(self.acknowledged))
        started = time.perf_counter()
        page = self._ask(connection, "GET", f"queue?order=name&count={wanted}&client_id={self.number}")
        self.queue_seconds.append(time.perf_counter() - started)
        return [item["image_id"] for item in page["items"]]

    def _decide(self, connection: HTTPConnection, image_id: str) -> None:
        seq = len(self.acknowledged) + 1
        entry = {
            "seq": seq,
            "decision_id": f"{self.number}-{seq}",
            "image_id": image_id,
            "verdict": "accept",
            "labels": ["can"],
            "objects": None,
            "parent": "",
        }
        body = orjson.dumps({"client_id": str(self.number), "entries": [entry]})
        started = time.perf_counter()
        answer = self._ask(connection, "POST", "decisions", body)
        self.seconds.append(time.perf_counter() - started)
        if answer["refused"] or answer["acknowledged"] != seq:
            self.refused.append(f"{entry['decision_id']}: {answer['refused']}")
        self.acknowledged.append(str(entry["decision_id"]))

    def _ask(self, connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> dict:
        token = issue_token(self.secret, self.project_id, self.name)
        connection.request(method, f"{self.api}/{path}", body, {"X-Relook-Client": "1", "X-Relook-Token": token})
        response = connection.getresponse()
        answer = orjson.loads(response.read())
        if response.status != 200:
            raise RuntimeError(f"{self.name}: {method} {path} was answered with {response.status}: {answer}")
        return answer


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: every count but `written` should be 0."""

    written: int
    lost: int
    duplicated: int
    given_twice: int
    refused: int
    seconds: Sequence[float]
    queue_seconds: Sequence[float]
    wall: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--decisions", type=int, default=1000, help="of each reviewer (default: %(default)s)")
    parser.add_argument("--database", default="", help="URL of an empty database; SQLite in a new folder unless given")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"RELOOK_DATABASE_URL": arguments.database} if arguments.database else {}
        home = Path(folder) / "home"
        with opened(home, environment) as workspace:
            kind = workspace.engine.dialect.name
            floor = measure_floor(workspace, threads=arguments.reviewers, rows=min(arguments.decisions, 100))
        result = run_team(home, arguments.reviewers, arguments.decisions, environment=environment)
    asked = arguments.reviewers * arguments.decisions
    print(f"{kind}: {arguments.reviewers} reviewers, {arguments.decisions} decisions each, {result.wall:.0f} s")
    print(f"decisions {result.written:,} of {asked:,}, lost {result.lost}, duplicated {result.duplicated}, ", end="")
    print(f"images given twice {result.given_twice}, refused {result.refused}")
    print_row("decision route", result.seconds)
    print_row("queue route", result.queue_seconds)
    print_row("floor: one row, synced", floor)
    print(f"{result.written / result.wall:.0f} decisions a second, ", end="")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Bar: 0, 0, 0, and p95 under {BAR_MS} ms.")


@contextmanager
def opened(home: Path, environment: dict[str, str]) -> Iterator[Workspace]:
    """The workspace under `home`, on the database of `environment`."""
    workspace = open_workspace(read_settings({"RELOOK_HOME": str(home), **environment}))
    try:
        yield workspace
    finally:
        workspace.close()


def run_team(home: Path, reviewers: int, decisions: int, *, environment: dict[str, str] | None = None) -> Result:
    """Start the app on `home`, let so many people review at once, and compare what they were told with the database."""
    environment = environment or {}
    with opened(home, environment) as workspace:
        project_id = make_project(workspace, images=reviewers * decisions)
        secret = workspace.secret
    with run_app(home, environment=environment) as app:
        where = (f"/api/projects/{project_id}", app.port, secret, project_id, decisions)
        people = [Reviewer(number, *where) for number in range(reviewers)]
        started = time.monotonic()
        failures = work_at_once(people)
        wall = time.monotonic() - started
    if failures:
        raise RuntimeError(f"{len(failures)} reviewers stopped: {failures[0]}")
    with opened(home, environment) as workspace:
        return compare(workspace, project_id, people, wall)


def work_at_once(people: Sequence[Reviewer]) -> list[str]:
    """Let everybody work on a thread of their own; return what stopped any of them."""
    failures: list[str] = []

    def work(person: Reviewer) -> None:
        try:
            person.work()
        except (OSError, RuntimeError, ValueError) as error:
            failures.append(f"{person.name}: {error}")

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def compare(workspace: Workspace, project_id: int, people: Sequence[Reviewer], wall: float) -> Result:
    """Compare what the people were told with what the database holds."""
    with workspace.read() as connection:
        stored = Counter(row.decision_id for row in list_decisions(connection, project_id))
        images = Counter(row.image_id for row in list_decisions(connection, project_id))
    told = {name for person in people for name in person.acknowledged}
    holders = Counter(name for person in people for name in set(person.given))
    return Result(
        written=sum(stored.values()),
        lost=len(told - stored.keys()),
        duplicated=sum(count - 1 for count in stored.values()) + sum(count - 1 for count in images.values()),
        given_twice=sum(count > 1 for count in holders.values()),
        refused=sum(len(person.refused) for person in people),
        seconds=[each for person in people for each in person.seconds],
        queue_seconds=[each for person in people for each in person.queue_seconds],
        wall=wall,
    )


def make_project(workspace: Workspace, *, images: int) -> int:
    """A project of so many images, known to the database alone."""
    with workspace.write() as connection:
        project_id = insert_project(
            connection, name="Team", task=Task.CLASSIFICATION, image_folder=str(workspace.settings.home)
        )
        add_classes(connection, project_id, ["can"])
        refs = [ImageRef(f"{n:07}.jpg", f"/none/{n:07}.jpg", 640, 480) for n in range(images)]
        save_images(connection, project_id, [ImageFile(ref, n, 1000, 0) for n, ref in enumerate(refs)])
    return project_id


def measure_floor(workspace: Workspace, *, threads: int, rows: int) -> list[float]:
    """Seconds of each of so many rows a thread, every one in a transaction that is on disk when it ends."""
    seconds: list[float] = []

    def write(number: int) -> None:
        for row in range(rows):
            started = time.perf_counter()
            with writing(workspace.engine) as connection:
                connection.execute(meta.insert().values(key=f"floor {number} {row}", value="x" * 200))
            seconds.append(time.perf_counter() - started)

    workers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with writing(workspace.engine) as connection:
        connection.execute(meta.delete().where(meta.c.key.startswith("floor ")))
    return seconds


def print_row(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(1000 * each for each in seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    print(
        f"{name:24} n {len(ordered):>6,}, median {statistics.median(ordered):6.1f} ms, "
        f"p95 {p95:6.1f}, max {ordered[-1]:7.1f}"
    )


if __name__ == "__main__":
    main()
