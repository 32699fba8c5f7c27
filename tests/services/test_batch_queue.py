"""Requests that come at once share the work; each gets its own answer or its own error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import BusyError, ImageError
from services.batch_queue import BatchQueue


class Work:
    """Doubles numbers when it is let; refuses 13."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go = threading.Event()
        self.begun = threading.Event()

    def __call__(self, batch: list[int]) -> list[int]:
        self.begun.set()
        self.may_go.wait()
        self.batches.append(batch)
        if 13 in batch:
            raise ImageError("13 is no number.")
        return [2 * number for number in batch]


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def queue(work: Work) -> Iterator[BatchQueue[int, int]]:
    made = BatchQueue(work, name="test", largest=4, room=6, patience=0.0)
    yield made
    work.may_go.set()
    made.close()


def block(queue: BatchQueue[int, int], work: Work) -> None:
    """Keep the thread at work on a 0."""
    queue.submit([0])
    work.begun.wait()


def test_what_waits_is_worked_on_together_in_order(queue: BatchQueue[int, int], work: Work) -> None:
    block(queue, work)
    futures = [future for number in range(1, 7) for future in queue.submit([number])]
    work.may_go.set()
    assert [future.result() for future in futures] == [2, 4, 6, 8, 10, 12]
    assert work.batches == [[0], [1, 2, 3, 4], [5, 6]]


def test_one_bad_item_spoils_no_other(queue: BatchQueue[int, int], work: Work) -> None:
    block(queue, work)
    before, bad, after = queue.submit([1, 13, 2])
    work.may_go.set()
    assert (before.result(), after.result()) == (2, 4)
    with pytest.raises(ImageError, match="13"):
        bad.result()


def test_all_or_nothing_is_taken(queue: BatchQueue[int, int], work: Work) -> None:
    block(queue, work)
    queue.submit([1, 2, 3, 4, 5])
    with pytest.raises(BusyError, match="room for 6") as caught:
        queue.submit([6, 7])
    assert caught.value.retry_after >= 1
    assert queue.waiting == 5
    [last] = queue.submit([6])
    work.may_go.set()
    assert last.result() == 12


def test_more_than_there_is_room_for_is_taken_while_nothing_waits(queue: BatchQueue[int, int], work: Work) -> None:
    work.may_go.set()
    assert [future.result() for future in queue.submit(range(10))] == list(range(0, 20, 2))


def test_nobody_works_on_what_was_given_up(queue: BatchQueue[int, int], work: Work) -> None:
    block(queue, work)
    given_up, kept = queue.submit([1, 2])
    assert given_up.cancel()
    work.may_go.set()
    assert kept.result() == 4
    assert work.batches == [[0], [2]]


def test_closing_refuses_what_waits(queue: BatchQueue[int, int], work: Work) -> None:
    block(queue, work)
    [waiting] = queue.submit([1])
    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(queue.close)
        with pytest.raises(BusyError, match="stopping"):
            waiting.result()
        work.may_go.set()
        closing.result()
    with pytest.raises(BusyError, match="stopping"):
        queue.submit([2])
