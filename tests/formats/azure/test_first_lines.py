"""Where names stood first, however many there are."""

import numpy as np
import pytest

from formats.azure import first_lines
from formats.azure.first_lines import FirstLines


@pytest.mark.parametrize("most", [1, 5, 40, 10_000])
def test_it_says_what_a_dictionary_says_in_memory_and_on_disk(monkeypatch, most):
    monkeypatch.setattr(first_lines, "_LARGEST", 64)
    monkeypatch.setattr(first_lines, "_MOST_IN_MEMORY", 2)
    monkeypatch.setattr(first_lines, "_BLOCK", 7)
    rng = np.random.default_rng(most)
    places, first, counts, line = FirstLines(), {}, {}, 0
    for size in rng.integers(0, 30, 60):
        keys = rng.integers(0, most, size).astype(np.uint64)
        lines = np.arange(line + 1, line + 1 + size, dtype=np.uint32)
        line += size
        expected = []
        for key, number in zip(keys.tolist(), lines.tolist(), strict=True):
            expected.append((first.get(key, 0), counts.get(key, 0)))
            first.setdefault(key, number)
            counts[key] = counts.get(key, 0) + 1

        found = places.place(keys, lines)

        assert list(zip(*(each.tolist() for each in found), strict=True)) == expected
    places.close()


def test_full_runs_leave_the_memory(monkeypatch):
    monkeypatch.setattr(first_lines, "_LARGEST", 64)
    places = FirstLines()
    for start in range(0, 6400, 32):
        keys = np.arange(start, start + 32, dtype=np.uint64)
        places.place(keys, (keys + 1).astype(np.uint32))

    assert sum(len(keys) for keys, _ in places._runs) <= 6 * 64
    first, count = places.place(np.array([0, 6399, 9999], np.uint64), np.array([1, 2, 3], np.uint32) + 9000)
    assert (first.tolist(), count.tolist()) == ([1, 6400, 0], [1, 1, 0])
    places.close()
