"""The real app on a free port, or its routes alone, as a process of its own: for benchmarks and browser tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY = (
    '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
    ':not(:has([data-testid="stSkeleton"])) [data-testid="stMain"] [data-testid="stElementContainer"]'
)
"""Selects something once the script of a page has ended and every part of it, its styles too, has loaded."""
_PATIENCE = 180


@dataclass(frozen=True, slots=True)
class RunningApp:
    """An app that answers.

    Attributes:
        address: "http://localhost:41234", without a slash at the end.
        home: Its RELOOK_HOME.
        log: What it printed so far.
        seconds: From starting the process to the first answer.
        pid: Its process.
    """

    address: str
    home: Path
    log: Path
    seconds: float
    pid: int

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


@dataclass(slots=True)
class Server:
    """A server on one port that may be killed and started again.

    Attributes:
        command: Starts it.
        home: Its RELOOK_HOME.
        port: Where it listens.
        ready: A path that it answers, whatever the status, once it serves.
        environment: Further variables.
    """

    command: Sequence[str]
    home: Path
    port: int
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.home.with_name(f"{self.home.name}.log")

    @property
    def pid(self) -> int:
        """Its process; 0 before the start."""
        return self.process.pid if self.process is not None else 0

    def start(self, *, patience: float = _PATIENCE) -> float:
        """Start it and wait until it answers; return the seconds that took.

        Raises:
            RuntimeError: It ended or did not answer in time; the message holds the end of its log.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        variables = {"RELOOK_HOME": str(self.home), "STREAMLIT_LOGGER_ENABLE_RICH": "0", **self.environment}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_for_answer(self.process, deadline=started + patience)
        return time.monotonic() - started

    def kill(self) -> None:
        """End it on the spot, without a chance to finish anything."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it in good order."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()

    def _wait_for_answer(self, process: subprocess.Popen[bytes], *, deadline: float) -> None:
        while not answers(self.port, self.ready):
            if process.poll() is not None or time.monotonic() > deadline:
                state = "did not answer in time" if process.poll() is None else f"ended with {process.returncode}"
                raise RuntimeError(
                    f"The app {state}. The end of {self.log}:\n{self.log.read_text(errors='replace')[-4000:]}"
                )
            time.sleep(0.02)


def app_server(
    home: Path,
    *,
    has_demo: bool = False,
    environment: Mapping[str, str] | None = None,
    port: int = 0,
    script: Path = ROOT / "app.py",
) -> Server:
    """The app on `home`, not yet started; see `run_app`."""
    port = port or find_free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    variables = {
        "RELOOK_DEMO": "1" if has_demo else "0",
        "RELOOK_REVIEWER": os.environ.get("RELOOK_REVIEWER") or "Ana R.",  # nobody is there to be asked
        **(environment or {}),
    }
    return Server(command, home, port, "/_stcore/health", variables)


def routes_server(
    home: Path, *, environment: Mapping[str, str] | None = None, port: int = 0, prefix: Sequence[str] = ()
) -> Server:
    """Relook's routes alone on `home`, not yet started; `prefix` is put before the command."""
    port = port or find_free_port()
    command = [*prefix, sys.executable, "-m", "bench.routes_server", str(port)]
    return Server(command, home, port, "/api/projects/1/classes", {"RELOOK_DEMO": "0", **(environment or {})})


@contextmanager
def run_app(
    home: Path,
    *,
    has_demo: bool = False,
    patience: float = _PATIENCE,
    environment: Mapping[str, str] | None = None,
    port: int = 0,
    script: Path = ROOT / "app.py",
) -> Iterator[RunningApp]:
    """Start `app.py` on `home`, wait until it answers, stop it at the end of the block.

    Args:
        home: Its RELOOK_HOME; started twice on one home, the second start finds what the first one made.
        has_demo: Whether the first start creates the demo projects.
        patience: Seconds until giving up.
        environment: Further variables.
        port: Where it listens; a free one unless given.
        script: Another server than the app, for comparison.

    Raises:
        RuntimeError: It ended or did not answer in time; the message holds the end of its log.
    """
    server = app_server(home, has_demo=has_demo, environment=environment, port=port, script=script)
    try:
        seconds = server.start(patience=patience)
        yield RunningApp(f"http://localhost:{server.port}", home, server.log, seconds, server.pid)
    finally:
        server.stop()


def find_free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int, path: str) -> bool:
    """Whether a server on this machine says anything to a request, but that it is not ready."""
    connection = HTTPConnection("localhost", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
