"""Long work on threads of this machine: progress, an estimate, cancel."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import Cancelled, RelookError
from domain.progress import Report

_log = logging.getLogger(__name__)


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(slots=True)
class Job:
    """A piece of long work, seen from the screen that waits for it.

    Attributes:
        key: What it is about; one job of a key runs at a time.
        title: Shown beside the bar.
        unit: What is counted, plural: "images", "masks".
        message: What happened, when it failed or ended in another way than expected.
        ended_at: By the monotonic clock; whoever looks from then on finds all that the work left.
    """

    key: Hashable
    title: str
    unit: str
    state: JobState = JobState.WAITING
    done: int = 0
    total: int = 0
    message: str = ""
    result: object = None
    started_at: float = 0.0
    ended_at: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)
    _cancel: threading.Event = field(default_factory=threading.Event)

    @property
    def is_active(self) -> bool:
        return self.state in {JobState.WAITING, JobState.RUNNING}

    @property
    def seconds_left(self) -> float | None:
        """The estimate from the pace so far; None until 5 % or 3 seconds are done (design.md section 7)."""
        elapsed = time.monotonic() - self.started_at
        if not self.done or not self.total or (self.done < 0.05 * self.total and elapsed < 3):
            return None
        return elapsed / self.done * (self.total - self.done)

    def cancel(self) -> None:
        """Ask the work to stop at its next report; what is finished is kept."""
        self._cancel.set()

    def report(self, done: int, total: int) -> None:
        """The `Report` handed to the work."""
        self.done, self.total = done, total
        if self._cancel.is_set():
            raise Cancelled(f"Cancelled at {done:,} of {total:,} {self.unit}.")


class Jobs:
    """The jobs of this process, newest of each key, run on a few threads."""

    def __init__(self, threads: int = 2) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="relook-job")
        self._jobs: dict[Hashable, Job] = {}
        self._lock = threading.Lock()

    def submit(self, key: Hashable, work: Callable[[Report], object], *, title: str, unit: str = "images") -> Job:
        """Start `work`, or return the job of that key that is still running."""
        with self._lock:
            running = self._jobs.get(key)
            if running is not None and running.is_active:
                return running
            job = Job(key, title, unit)
            self._jobs[key] = job
        self._pool.submit(_run, job, work)
        return job

    def find(self, key: Hashable) -> Job | None:
        """The newest job of that key, ended or not."""
        return self._jobs.get(key)

    def forget(self, key: Hashable) -> None:
        """Drop an ended job, so that its message is not shown again."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not job.is_active:
                del self._jobs[key]

    def close(self) -> None:
        """Ask every job to stop and wait for the threads."""
        for job in list(self._jobs.values()):
            job.cancel()
        self._pool.shutdown(cancel_futures=True)


def _run(job: Job, work: Callable[[Report], object]) -> None:
    job.started_at = time.monotonic()
    job.state = state = JobState.RUNNING
    try:
        job.report(0, 0)
        job.result = work(job.report)
        state = JobState.DONE
    except Cancelled as stop:
        job.message, state = str(stop), JobState.CANCELLED
    except RelookError as error:
        if error.told != str(error):
            _log.warning("%s failed: %s", job.title, error)  # with the place
        job.message, state = error.told, JobState.FAILED
    except Exception as error:  # noqa: BLE001  a thread has no caller: the screen must hear of it
        _log.exception("%s failed", job.title)
        job.message = f"{job.title} stopped unexpectedly ({type(error).__name__}). The log has the details."
        state = JobState.FAILED
    finally:
        job.ended_at = time.monotonic()
        job.state = state  # last, so that who sees that it ended sees the rest too
        job.ended.set()
