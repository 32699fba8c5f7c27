"""Whether the lines that were written say what they were meant to say: read back from the disk, and compared.

Long files are checked by a process of its own, beside the one that writes.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from domain.plain_content import from_plain, to_plain
from domain.prediction import Instance, Instances, Task
from formats.azure.labels import parse_label_line
from formats.azure.plain_lines import PLAIN_LINES, PlainLines
from store.contents import StoredContent, look_into

MANY_LINES = 50_000
"""From this many lines on a process of its own is worth its start."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking some lines.

    Attributes:
        differences: Lines that do not say what they were meant to say.
        names: The classes each line was meant to have, one for each object.
    """

    differences: int
    names: list[tuple[str, ...]]


class Checker:
    """Checks lines of one file, in the order they are handed in; used with `with`."""

    def __init__(self, file: Path, task: Task, *, lines: int) -> None:
        """Get ready for about `lines` lines of `file`."""
        self._file = file
        self._task = task
        self._pool = _start_process() if lines >= MANY_LINES else None

    def check(self, start: int, size: int, meant: Sequence[str | None]) -> Future[Checked]:
        """Check the `size` bytes at `start` of the file, which are on the disk already.

        Args:
            start: Byte.
            size: Bytes; whole lines.
            meant: What each line was meant to say, as the store keeps it.
        """
        job = (str(self._file), start, size, self._task, list(meant))
        if self._pool is not None:
            try:
                return self._pool.submit(check_lines, *job)
            except (BrokenProcessPool, RuntimeError):
                self.close()
        done: Future[Checked] = Future()
        done.set_result(check_lines(*job))
        return done

    def settle(self, checked: Future[Checked], start: int, size: int, meant: Sequence[str | None]) -> Checked:
        """The result of `check`; checked here where the other process has died."""
        try:
            return checked.result()
        except BrokenProcessPool:
            return check_lines(str(self._file), start, size, self._task, list(meant))

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _start_process() -> ProcessPoolExecutor | None:
    """A process that imports this module anew; None where the program that runs cannot be started again as one."""
    main = sys.modules.get("__main__")
    if getattr(main, "__spec__", None) is None and not hasattr(main, "__file__"):
        return None
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def check_lines(file: str, start: int, size: int, task: Task, meant: list[str | None]) -> Checked:
    """Read some lines of a file and compare them with what they were meant to say."""
    with Path(file).open("rb") as stream:
        stream.seek(start)
        raws = stream.read(size).split(b"\n")[:-1]
    stored = [None if content is None else look_into(content) for content in meant]
    names = [() if content is None else tuple(map(sys.intern, content.names)) for content in stored]
    if len(raws) != len(meant):
        return Checked(max(len(raws), len(meant)), names)
    plain = _plain_lines(task)
    wrong = [not _is_said(*each, plain, task) for each in zip(raws, meant, stored, strict=True)]
    return Checked(sum(wrong), names)


@cache
def _plain_lines(task: Task) -> PlainLines:
    return PLAIN_LINES[task]()


def _is_said(raw: bytes, meant: str | None, stored: StoredContent | None, plain: PlainLines, task: Task) -> bool:
    found = plain.decode(raw)
    if found is None:
        content = parse_label_line(raw.decode(errors="replace"), task=task).content
        return _says(None if content is None else to_plain(content), meant, task)
    if stored is not None and stored.objects is not None and plain.are_boxes(found.label, stored.objects):
        return True
    return _says(plain.plain(found.label, ""), meant, task)


def names_in(content: str | None) -> list[str]:
    """The class of every object of a stored content, or every class."""
    return [] if content is None else look_into(content).names


def _says(found: Any, meant: str | None, task: Task) -> bool:
    if found is None or meant is None:
        return found is None and meant is None
    expected = orjson.loads(meant)
    if "labels" in expected and "labels" in found:
        return expected["labels"].keys() == found["labels"].keys()
    if "objects" in expected and "objects" in found:
        return _are_same(found["objects"], expected["objects"]) or _have_same_shapes(found, expected, task)
    return False


def _are_same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    """Whether objects agree in all but their ids, in their order."""
    return len(found) == len(expected) and all(
        a[1] == b[1] and tuple(a[2]) == tuple(b[2]) and a[5] == b[5] and _as_rings(a[4]) == _as_rings(b[4])
        for a, b in zip(found, expected, strict=True)
    )


def _as_rings(rings: Any) -> list[tuple[float, ...]]:
    return [tuple(ring) for ring in rings] if rings else []


def _have_same_shapes(found: Any, expected: Any, task: Task) -> bool:
    sides = [from_plain(side) for side in (found, expected)]
    shapes = [sorted(_shape(item, task) for item in side.items) for side in sides if isinstance(side, Instances)]
    return len(shapes) == len(sides) and shapes[0] == shapes[1]


def _shape(item: Instance, task: Task) -> tuple[str, list[tuple[float, ...]]]:
    """What the file holds of an object: its box, or its polygons; what a model put outside the image is clipped."""
    rings = item.polygons if task is Task.SEGMENTATION and item.polygons else (item.box.as_tuple(),)
    return (item.label, sorted(tuple(min(max(value, 0.0), 1.0) for value in ring) for ring in rings))
