"""Many reviewers at once over HTTP: `python -m bench.team --reviewers 20 --decisions 1000 [--postgres]`.

Each fetches images from the queue and decides on them, as fast as the server answers, all on one project. Nothing may
be lost or written twice, and no image may be given to two people. Beside it the floor of the same database in the same
run: one row a transaction, as safely written, by as many threads.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from bench.desk_client import DeskClient, NotAnswered, accept, make_project
from bench.report import print_head, print_row, print_times
from bench.server import Server, app_server
from domain.settings import read_settings
from services.workspace import Workspace, open_workspace
from store.decisions import list_decisions
from store.engine import writing
from store.schema import meta

BAR_MS = 300
_PAGE = 24
_PATIENCE = 60.0
"""Seconds without anything to do until a reviewer gives up: the others hold the last images."""


@dataclass(slots=True)
class Reviewer:
    """One person at the desk: what they were given, what the server acknowledged, how long it took."""

    desk: DeskClient
    decisions: int
    pace: float = 0.0
    given: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    queue_seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def work(self) -> None:
        """Fetch and decide until enough is decided or nothing is left."""
        waiting: list[str] = []
        idle_since = None
        while len(self.acknowledged) < self.decisions:
            if not waiting:
                waiting = self._fetch()
                self.given += waiting
            if waiting:
                idle_since = None
                self._decide(waiting.pop(0))
            elif idle_since is None:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > _PATIENCE:
                break
        self.desk.close()

    def _fetch(self) -> list[str]:
        wanted = min(_PAGE, self.decisions - len(self.acknowledged))
        started = time.perf_counter()
        page = self.desk.fetch_queue(wanted)
        self.queue_seconds.append(time.perf_counter() - started)
        return [item["image_id"] for item in page["items"]]

    def _decide(self, image_id: str) -> None:
        seq = len(self.acknowledged) + 1
        entry = accept(seq, f"{self.desk.client_id}-{seq}", image_id)
        started = time.perf_counter()
        answer = self.desk.send([entry])
        taken = time.perf_counter() - started
        self.seconds.append(taken)
        if answer["refused"] or answer["acknowledged"] != seq:
            self.refused.append(f"{entry['decision_id']}: {answer['refused']}")
        self.acknowledged.append(str(entry["decision_id"]))
        if self.pace > taken:
            time.sleep(self.pace - taken)  # the person looks at the next image


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
    parser.add_argument("--pace", type=float, default=0, help="seconds for each decision (default: as fast as it goes)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--postgres", action="store_true", help="start a PostgreSQL for it; its commits are synced")
    where.add_argument("--database", default="", help="URL of an empty database; SQLite in a new folder unless given")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(own_postgres()) if arguments.postgres else arguments.database
        environment = {"RELOOK_DATABASE_URL": url} if url else {}
        home = folder / "home"
        print_head()
        with opened(home, environment) as workspace:
            kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[workspace.engine.dialect.name]
            floor = measure_floor(workspace, threads=arguments.reviewers, rows=min(arguments.decisions, 100))
        options = {"pace": arguments.pace, "environment": environment}
        result = run_team(home, arguments.reviewers, arguments.decisions, **options)
    print_result(f"{kind}, {arguments.reviewers} reviewers x {arguments.decisions:,}", result, floor, arguments)


def print_result(name: str, result: Result, floor: Sequence[float], arguments: argparse.Namespace) -> None:
    """Print the rows of the table."""
    asked = arguments.reviewers * arguments.decisions
    counts = (result.lost, result.duplicated, result.given_twice)
    figure = f"{counts[0]} lost, {counts[1]} duplicated, {counts[2]} images given twice"
    note = f"{result.written:,} of {asked:,} decisions written, {result.refused} refused"
    print_row(name, figure, bar="0, 0, 0", is_met=not any(counts) and result.written == asked, note=note)
    print_times("decision route, median / p95", [1000 * each for each in result.seconds], p95_under=BAR_MS)
    print_times("queue route, median / p95", [1000 * each for each in result.queue_seconds])
    print_times("floor: one row, synced, as many threads", [1000 * each for each in floor])
    pace = f"one in {arguments.pace:g} s each" if arguments.pace else "as fast as the server answers"
    load = f"{result.wall:.0f} s, load {os.getloadavg()[0]:.1f} at the end"
    print_row("decisions a second, all together", f"{result.written / result.wall:.0f}", note=f"{pace}; {load}")


@contextmanager
def own_postgres() -> Iterator[str]:
    """The URL of an empty database on a PostgreSQL started here, which syncs every commit to the disk."""
    from tests.postgres_server import running_postgres  # noqa: PLC0415  only where it is asked for

    with running_postgres(settings=()) as server, server.database() as url:
        yield url


@contextmanager
def opened(home: Path, environment: Mapping[str, str]) -> Iterator[Workspace]:
    """The workspace under `home`, on the database of `environment`."""
    workspace = open_workspace(read_settings({"RELOOK_HOME": str(home), **environment}))
    try:
        yield workspace
    finally:
        workspace.close()


def run_team(
    home: Path,
    reviewers: int,
    decisions: int,
    *,
    pace: float = 0.0,
    environment: Mapping[str, str] | None = None,
    make_server: Callable[..., Server] = app_server,
) -> Result:
    """Let so many people review at once on a server, and compare what they were told with the database."""
    environment = environment or {}
    with opened(home, environment) as workspace:
        project_id = make_project(workspace, images=reviewers * decisions)
        secret = workspace.secret
    server = make_server(home, environment=environment)
    try:
        server.start()
        desks = [DeskClient(server.port, secret, project_id, f"Reviewer {n}", str(n)) for n in range(reviewers)]
        people = [Reviewer(desk, decisions, pace) for desk in desks]
        started = time.monotonic()
        failures = work_at_once(people)
        wall = time.monotonic() - started
    finally:
        server.stop()
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
        except (OSError, HTTPException, NotAnswered) as error:
            failures.append(f"{person.desk.reviewer}: {error}")

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def compare(workspace: Workspace, project_id: int, people: Sequence[Reviewer], wall: float) -> Result:
    """Compare what the people were told with what the database holds."""
    with workspace.read() as connection:
        rows = list_decisions(connection, project_id)
    stored = Counter(row.decision_id for row in rows)
    images = Counter(row.image_id for row in rows)
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


if __name__ == "__main__":
    main()
