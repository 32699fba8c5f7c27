"""A full disk, a folder that may not be written, a database that is away: told, endured, and over by itself."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.desk_client import make_desks, prepare_review
from bench.killing import PATIENCE, Look, Survival, await_answer, reviewing, settle_accounts
from bench.outbox import HastyReviewer
from bench.report import print_row
from bench.server import Server, routes_server
from bench.stored import Row, read_postgres, read_sqlite
from domain.settings import read_settings
from services.workspace import open_workspace

SMALL_MB = 24
_IMAGES = 20_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that keeps the database from being written.

    Attributes:
        begin: Brings it about, under people who review.
        end: Takes it away.
        sentence: What people must be told.
        seconds: How long it lasts at least.
    """

    begin: Callable[[], None]
    end: Callable[[], None]
    sentence: str
    seconds: float = 0.0


def endure(people: Sequence[HastyReviewer], trouble: Trouble, look: Look) -> tuple[Survival, int, float]:
    """Bring trouble about and take it away; return what came of it, how many decisions waited, and for how long still.

    Raises:
        RuntimeError: Nobody was told, or it did not go on by itself.
    """
    await_answer(people)
    trouble.begin()
    started = time.monotonic()
    _await_sentence(people, trouble.sentence)
    threading.Event().wait(max(0.0, trouble.seconds - (time.monotonic() - started)))
    waiting = sum(len(person.waiting) for person in people)
    for person in people:
        person.has_answer.clear()
    trouble.end()
    ended = time.monotonic()
    await_answer(people)
    seconds = time.monotonic() - ended
    survival = Survival()
    settle_accounts(survival, people, look)
    return survival, waiting, seconds


def fill_disk(folder: Path, _arguments: argparse.Namespace) -> None:
    """Fill the disk under the database with something else, and clear it again."""
    with small_disk(folder / "small") as (home, fill, clear, how):
        trouble = Trouble(fill, clear, "The disk of the database")
        with _reviewed(home) as (people, _):
            _print(f"disk full ({how})", trouble, *endure(people, trouble, lambda: read_sqlite(home / "relook.sqlite")))


def forbid_writing(folder: Path, _arguments: argparse.Namespace) -> None:
    """Start again over a folder and a database that may not be written, and allow it again."""
    home = folder / "home"
    file = home / "relook.sqlite"
    with _reviewed(home, prefix=as_anybody()) as (people, server):

        def begin() -> None:
            server.kill()
            allow_writing(home, is_allowed=False)
            server.ready = "/"
            server.start()

        trouble = Trouble(begin, lambda: allow_writing(home, is_allowed=True), "may not be written")
        _print("read-only directory", trouble, *endure(people, trouble, lambda: read_sqlite(file)))


def stop_database(folder: Path, arguments: argparse.Namespace) -> None:
    """Stop PostgreSQL for a while."""
    from tests.postgres_server import running_postgres  # noqa: PLC0415  only where it is asked for

    with running_postgres(settings=()) as database, database.database() as url:
        environment = {"RELOOK_DATABASE_URL": url}
        trouble = Trouble(database.stop, database.start, "The database cannot be reached", arguments.down)
        with _reviewed(folder / "home", environment=environment) as (people, server):
            outcome = endure(people, trouble, lambda: _read_anew(server))
            _print(f"database down for {arguments.down:g} s", trouble, *outcome)


PARTS: Mapping[str, Callable[[Path, argparse.Namespace], None]] = {
    "full": fill_disk,
    "readonly": forbid_writing,
    "down": stop_database,
}


@contextmanager
def small_disk(place: Path) -> Iterator[tuple[Path, Callable[[], None], Callable[[], None], str]]:
    """A small file system: a RELOOK_HOME on it, what fills the rest of it, what clears that, and what it is.

    Raises:
        RuntimeError: A file system may not be mounted here, and there is no small one at BENCH_SMALL_DISK either.
    """
    place.mkdir(parents=True)
    given = os.environ.get("BENCH_SMALL_DISK", "")
    folder = Path(tempfile.mkdtemp(dir=given)) if given else place
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(place)]
    if not given and subprocess.run(mount, check=False, capture_output=True).returncode:
        raise RuntimeError("No small file system may be mounted here. Set BENCH_SMALL_DISK to a folder on one.")
    ballast = folder / "ballast"

    def fill() -> None:
        with ballast.open("ab", buffering=0) as stream:
            for size in (1 << 20, 1 << 12, 1):
                _write_all_there_is(stream.write, size)

    try:
        yield folder / "home", fill, ballast.unlink, f"folder {given}" if given else f"tmpfs of {SMALL_MB} MB"
    finally:
        if given:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            subprocess.run(["umount", "--lazy", str(place)], check=False)


def _write_all_there_is(write: Callable[[bytes], object], size: int) -> None:
    try:
        while True:
            write(b"\0" * size)
    except OSError:
        return


def allow_writing(home: Path, *, is_allowed: bool) -> None:
    """Set the permissions of a home and of the files of its database."""
    for file in home.glob("relook.sqlite*"):
        file.chmod(0o644 if is_allowed else 0o444)
    home.chmod(0o755 if is_allowed else 0o555)


def as_anybody() -> Sequence[str]:
    """What makes a command heed the permissions of files, also when root runs it."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


@contextmanager
def _reviewed(
    home: Path, *, environment: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> Iterator[tuple[list[HastyReviewer], Server]]:
    """People who review over the routes on `home`, and their server."""
    workspace, project_id, images = prepare_review(home, images=_IMAGES, environment=environment)
    workspace.close()
    server = routes_server(home, environment=environment, prefix=prefix)
    server.start()
    try:
        with reviewing(make_desks(server.port, workspace, project_id), images, seed=1) as people:
            yield people, server
    finally:
        server.stop()


def _read_anew(server: Server) -> tuple[list[Row], str]:
    workspace = open_workspace(read_settings({"RELOOK_HOME": str(server.home), **server.environment}))
    try:
        return read_postgres(workspace)
    finally:
        workspace.close()


def _await_sentence(people: Sequence[HastyReviewer], sentence: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(sentence in said for person in people for said in list(person.said)):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Nobody was told '{sentence}'. They were told: {dict(people[0].said)}")
        people[0].has_refusal.wait(1)
        people[0].has_refusal.clear()


def _print(what: str, trouble: Trouble, survival: Survival, waiting: int, seconds: float) -> None:
    figure = f"told, {len(survival.lost)} lost, {len(survival.twice)} twice, went on by itself after {seconds:.1f} s"
    said = max((each for each in survival.said if trouble.sentence in each), key=survival.said.__getitem__)
    note = f"{survival.made:,} decisions made and stored, {waiting} of them waited; people were told: {said}"
    print_row(what, figure, bar="message, 0 lost, recovers", is_met=survival.is_whole, note=note)
