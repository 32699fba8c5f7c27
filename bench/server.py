"""The real app on a free port, as a process of its own: for the benchmarks and the browser tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY = (
    '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"] '
    '[data-testid="stMain"] [data-testid="stElementContainer"]'
)
"""Selects something once a page is drawn and its script has ended."""


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


@contextmanager
def run_app(
    home: Path,
    *,
    has_demo: bool = False,
    patience: float = 180,
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
    home.mkdir(parents=True, exist_ok=True)
    log = home.with_name(f"{home.name}.log")
    port = port or _find_free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    variables = {
        "RELOOK_HOME": str(home),
        "RELOOK_DEMO": "1" if has_demo else "0",
        "RELOOK_REVIEWER": os.environ.get("RELOOK_REVIEWER") or "Ana R.",  # nobody is there to be asked
        "STREAMLIT_LOGGER_ENABLE_RICH": "0",
    }
    started = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **variables, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_answer(process, port, log=log, deadline=started + patience)
        yield RunningApp(f"http://localhost:{port}", home, log, time.monotonic() - started, process.pid)
    finally:
        _stop(process)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for_answer(process: subprocess.Popen[bytes], port: int, *, log: Path, deadline: float) -> None:
    while not _is_healthy(port):
        if process.poll() is not None or time.monotonic() > deadline:
            state = "did not answer in time" if process.poll() is None else f"ended with {process.returncode}"
            raise RuntimeError(f"The app {state}. The end of {log}:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)


def _is_healthy(port: int) -> bool:
    connection = HTTPConnection("localhost", port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
