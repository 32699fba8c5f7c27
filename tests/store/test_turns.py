"""Writers of one process write in the order in which they came, and nobody is left waiting."""

import threading

import pytest

from domain.errors import StoreError
from store.turns import Turns, turns_of

PATIENCE = 30


def queue_up(turns, done, names):
    """Threads that wait for their turns one behind the other, and note their names when they have it."""
    threads = []
    for name in names:
        waiting = len(turns._waiting)

        def work(name=name):
            with turns.take(patience=PATIENCE):
                done.append(name)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        while len(turns._waiting) == waiting:
            threads[-1].join(0.001)
    return threads


def test_who_came_first_writes_first():
    turns, done = Turns(), []
    names = [f"writer {number}" for number in range(20)]
    with turns.take(patience=PATIENCE):
        threads = queue_up(turns, done, names)
        assert done == []
    for thread in threads:
        thread.join(PATIENCE)
    assert done == names


def test_who_waits_too_long_is_told_and_the_next_one_comes_on():
    turns, done = Turns(), []
    with turns.take(patience=PATIENCE):
        with pytest.raises(StoreError, match=r"busy with others who write: no turn within 0\.01 s"):
            turns._wait(0.01)
        threads = queue_up(turns, done, ["next"])
    threads[0].join(PATIENCE)
    assert done == ["next"]


def test_a_turn_that_ends_with_an_error_is_handed_on():
    turns = Turns()
    with pytest.raises(ValueError, match="broken"), turns.take(patience=PATIENCE):
        raise ValueError("broken")
    with turns.take(patience=0) as left:
        assert left == 0


def test_everybody_who_opens_a_database_queues_in_the_same_line():
    assert turns_of("/data/a.sqlite") is turns_of("/data/a.sqlite")
    assert turns_of("/data/a.sqlite") is not turns_of("/data/b.sqlite")
