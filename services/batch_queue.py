"""Requests that come at once share the forward passes of a model: a short queue, and one thread that empties it."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from domain.errors import BusyError, RelookError

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_SMOOTHING = 0.2  # weight of the newest batch in the pace


class BatchQueue(Generic[Item, Answer]):
    """What waits is worked on in batches, in the order it came. Safe to use from any thread."""

    def __init__(
        self,
        work: Callable[[list[Item]], Sequence[Answer]],
        *,
        name: str,
        largest: int,
        room: int,
        patience: float = 0.002,
        observe: Callable[[int, float], None] | None = None,
    ) -> None:
        """Start the thread.

        Args:
            work: Items -> as many answers, in order. A `RelookError` about a batch is looked for one by one.
            name: Of the thread.
            largest: Items of a batch at most.
            room: Items that may wait. More than that at once are taken only while nothing waits.
            patience: Seconds that an item waits for company while nothing is being worked on.
            observe: Called with the size and the seconds of each batch.
        """
        self._work, self._observe = work, observe
        self._largest, self._room, self._patience = largest, room, patience
        self._waiting: deque[tuple[Item, Future[Answer]]] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._seconds_each = 0.0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Items nobody works on yet."""
        return len(self._waiting)

    def submit(self, items: Sequence[Item]) -> list[Future[Answer]]:
        """Put items in line: all of them or none.

        Raises:
            BusyError: There is no room.
        """
        futures: list[Future[Answer]] = [Future() for _ in items]
        with self._changed:
            if self._is_closed:
                raise BusyError("The server is stopping.", retry_after=5)
            if self._waiting and len(self._waiting) + len(items) > self._room:
                raise BusyError(
                    f"{len(self._waiting)} images are waiting already; there is room for {self._room}.",
                    retry_after=max(1, math.ceil(len(self._waiting) * self._seconds_each)),
                )
            self._waiting.extend(zip(items, futures, strict=True))
            self._changed.notify_all()
        return futures

    def close(self) -> None:
        """End the thread after the batch it is at; what waits is refused."""
        with self._changed:
            self._is_closed = True
            refused = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for _, future in refused:
            if future.set_running_or_notify_cancel():
                future.set_exception(BusyError("The server is stopping.", retry_after=5))
        self._thread.join()

    def _run(self) -> None:
        while batch := self._take():
            started = time.perf_counter()
            self._answer(batch)
            seconds = time.perf_counter() - started
            self._seconds_each += _SMOOTHING * (seconds / len(batch) - self._seconds_each)
            if self._observe:
                self._observe(len(batch), seconds)

    def _take(self) -> list[tuple[Item, Future[Answer]]]:
        """The next batch; empty when the queue is closed."""
        batch: list[tuple[Item, Future[Answer]]] = []
        with self._changed:
            while not batch:
                self._changed.wait_for(lambda: self._waiting or self._is_closed)
                self._changed.wait_for(self._has_enough, timeout=self._patience)
                if self._is_closed:
                    return []
                taken = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
                batch = [each for each in taken if each[1].set_running_or_notify_cancel()]
        return batch

    def _has_enough(self) -> bool:
        return self._is_closed or len(self._waiting) >= self._largest

    def _answer(self, batch: list[tuple[Item, Future[Answer]]]) -> None:
        try:
            answers = self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001  whoever waits must hear of it, and the thread must go on
            if isinstance(error, RelookError) and len(batch) > 1:
                for each in batch:  # one of them may have spoiled it for all
                    self._answer([each])
                return
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            future.set_result(answer)
