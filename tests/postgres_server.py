"""A real PostgreSQL for the tests: the one of TEST_POSTGRES_URL, else one that is started and stopped here.

It never skips: without any PostgreSQL the tests fail and say what to install.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

_PATIENCE = 180
_ALWAYS = ("max_connections=200", "jit=off")
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""The tests' data need not survive a power cut."""
_UNPRIVILEGED = "nobody"


class PostgresMissing(RuntimeError):
    """There is no PostgreSQL, or it does not start."""


@dataclass
class PostgresServer:
    """A running server.

    Attributes:
        url: Of its maintenance database, with the driver.
        folder: Where its files are; None when it is somebody else's, which cannot be stopped.
    """

    url: URL
    folder: Path | None = None
    binaries: Path = Path()
    process: subprocess.Popen[bytes] | None = None
    settings: tuple[str, ...] = QUICK
    _names: list[str] = field(default_factory=list)

    @contextmanager
    def database(self, *, like: str = "template1") -> Iterator[str]:
        """The URL of a copy of a database that nobody uses, by name, or of an empty one; it is dropped at the end."""
        name = f"relook_test_{uuid.uuid4().hex}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        with self._connect() as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        """Start it, or start it again, and wait until it answers.

        Raises:
            PostgresMissing: It does not start.
        """
        assert self.folder is not None
        settings = [part for setting in (*_ALWAYS, *self.settings) for part in ("-c", setting)]
        command = [self.binaries / "postgres", "-D", self.folder / "data", "-k", self.folder, "-h", "", *settings]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **_as_somebody())
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise PostgresMissing(f"PostgreSQL does not start. Its log ends with:\n{tail}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once: open connections break, what was committed stays."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        """Kill it and all its processes, as a crash would (Linux)."""
        if self.process is not None:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            for process in (self.process.pid, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.wait(60)
            self.process = None

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True, connect_timeout=10)


@contextmanager
def running_postgres(*, settings: tuple[str, ...] = QUICK) -> Iterator[PostgresServer]:
    """A server for as long as the block runs.

    Args:
        settings: Of a server that is started here; none of them makes what is committed outlive a crash.

    Raises:
        PostgresMissing: There is none, or it does not start.
    """
    given = os.environ.get("TEST_POSTGRES_URL", "")
    if given:
        yield PostgresServer(make_url(given).set(drivername="postgresql+psycopg"))
        return
    # Not pytest's own folder: the path of a socket may have 107 characters, and only its owner may enter that folder.
    folder = Path(tempfile.mkdtemp(prefix="relook-pg-"))
    try:
        server = _make_server(folder, settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_server(folder: Path, settings: tuple[str, ...]) -> PostgresServer:
    binaries = _find_binaries()
    if os.geteuid() == 0:
        binaries = _make_enterable(binaries, folder)
        somebody = pwd.getpwnam(_UNPRIVILEGED)
        os.chown(folder, somebody.pw_uid, somebody.pw_gid)
    command = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    made = subprocess.run(
        [*command, "--locale=C", "--no-sync"], capture_output=True, text=True, check=False, **_as_somebody()
    )
    if made.returncode:
        raise PostgresMissing(f"PostgreSQL cannot make its files: {made.stderr or made.stdout}")
    url = URL.create("postgresql+psycopg", username="postgres", database="postgres", query={"host": str(folder)})
    return PostgresServer(url, folder, binaries, settings=settings)


def _find_binaries() -> Path:
    """The folder of the programs: of the package pgserver, else of the system."""
    package = importlib.util.find_spec("pgserver")
    candidates = [Path(package.origin).parent / "pginstall" / "bin"] if package and package.origin else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        candidates.append(Path(on_path).parent)
    found = next((folder for folder in candidates if (folder / "initdb").exists()), None)
    if found is None:
        raise PostgresMissing(
            "There is no PostgreSQL. Install requirements-dev.txt (its pgserver brings one along) or PostgreSQL "
            "itself, or set TEST_POSTGRES_URL to a server on which databases may be made."
        )
    return found


def _make_enterable(binaries: Path, folder: Path) -> Path:
    """PostgreSQL refuses to run as root: give its programs a place that somebody else may enter as well."""
    if all(parent.stat().st_mode & 0o001 for parent in (binaries, *binaries.parents)):
        return binaries
    shutil.copytree(binaries.parent, folder / "programs", symlinks=True)
    for path in (folder / "programs").rglob("*"):
        path.chmod(path.stat().st_mode | 0o055)
    return folder / "programs" / "bin"


def _as_somebody() -> dict[str, object]:
    """Options of `subprocess` that drop the rights of root."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    if os.geteuid() != 0:
        return {"env": environment}
    somebody = pwd.getpwnam(_UNPRIVILEGED)
    return {"env": environment, "user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": [], "cwd": "/"}
