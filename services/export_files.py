"""The files of an export while they are written: every block is read back from the disk and compared at once."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, NamedTuple, Self

from domain.prediction import Task
from formats.base.csv_rows import harmless
from services.export_check import Checked, Checker, names_in
from services.export_report import Tallies
from services.line_outcomes import WRITTEN, OutLine
from services.output_files import replacing

_COLUMNS = ("image", "lines in", "objects in", "objects out", "what became of it", "decision", "reviewer", "verdict")
_COPIED = 1024**2
_MOST_WAITING = 3
_RISKY = frozenset("'=+-@\t\r")

Row = tuple[object, ...]


class _Waiting(NamedTuple):
    """Lines that are written and being checked; `repeated` is that of their source."""

    lines: Sequence[OutLine]
    start: int
    size: int
    meant: list[str | None]
    checked: Future[Checked]
    repeated: Mapping[str, int]


class ExportFiles:
    """Writes NAME.jsonl, NAME.images.csv and, where there are any, the refused lines. Used with `with`.

    Attributes:
        repeated: Image -> lines, of the images that stand on several lines of the source that is being written.
        tallies: What was counted so far.
        size: Bytes of the main file.
        first_line: Of the main file.
    """

    def __init__(self, out: Path, task: Task, *, lines: int) -> None:
        """Get ready for about `lines` lines."""
        self._out = out
        self._expected = lines
        self._task = task
        self._stack = ExitStack()
        self._waiting: deque[_Waiting] = deque()
        self._counted: Mapping[str, int] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="relook-sha256")
        self._digest = hashlib.sha256()
        self._open: dict[str, tuple[int, int, int, bool, bool]] = {}
        self._nameless: set[int] = set()
        self.repeated: Mapping[str, int] = {}
        self.tallies = Tallies()
        self.size = 0
        self.first_line = ""
        self.has_refused = False

    def __enter__(self) -> Self:
        self._main = self._stack.enter_context(replacing(self._out))
        self._back = self._stack.enter_context(Path(self._main.name).open("rb"))
        self._checker = self._stack.enter_context(
            closing(Checker(Path(self._main.name), self._task, lines=self._expected))
        )
        images = self._stack.enter_context(replacing(images_file(self._out)))
        self._images = io.TextIOWrapper(images, encoding="utf-8", newline="", write_through=False)
        self._rows = csv.writer(self._images)
        self._rows.writerow(_COLUMNS)
        self._refused: IO[bytes] = self._stack.enter_context(tempfile.TemporaryFile())
        self._stack.callback(self._pool.shutdown)
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._count_checked(keep=0)
            self._save_refused()
            self._images.flush()
        self._images.detach()
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    @property
    def sha256(self) -> str:
        """Of what was read back."""
        return self._digest.hexdigest()

    def add(self, lines: Sequence[OutLine]) -> None:
        """Write some lines; they are read back, compared and counted while the next ones are written."""
        written = [line for line in lines if line.kind in WRITTEN]
        data = "\n".join([*[line.text for line in written], ""]).encode()
        start, size = self.size, len(data)
        self._main.write(data)
        self._main.flush()
        hashed = self._pool.submit(self._digest.update, self._back.read(size))  # it needs no interpreter
        self.size += size
        if written and not self.first_line:
            self.first_line = written[0].text
        meant = [line.content for line in written]
        checked = self._checker.check(start, size, meant)
        self._waiting.append(_Waiting(lines, start, size, meant, checked, self.repeated))
        self._count_checked(keep=_MOST_WAITING)
        hashed.result()

    def _count_checked(self, *, keep: int) -> None:
        """Count the lines whose check is waited for, in their order, all but the last few."""
        while len(self._waiting) > keep:
            oldest = self._waiting.popleft()
            found = self._checker.settle(oldest.checked, oldest.start, oldest.size, oldest.meant)
            self.tallies.differences += found.differences
            self._counted = oldest.repeated
            self._count(oldest.lines, found.names)

    def _count(self, lines: Sequence[OutLine], meant: Sequence[Sequence[str]]) -> None:
        names = Counter([name for each in meant for name in each])
        if self._are_plain(lines):
            self._count_plain(lines, [len(each) for each in meant])
            self.tallies.given.update(names)
        else:
            contents = iter(meant)
            rows = [self._count_one(line, contents) for line in lines]
            self._rows.writerows([row for row in rows if row is not None])
        self.tallies.meant.update(names)
        self.tallies.kinds.update([line.kind for line in lines])
        self.tallies.lines_given += sum([len(line.given) for line in lines])

    def _are_plain(self, lines: Sequence[OutLine]) -> bool:
        """Whether all lines stay as they are, nobody decided on them, and each is about an image of its own."""
        return not self._counted and all(
            line.kind == "untouched" and line.decision is None and line.image_id is not None for line in lines
        )

    def _count_plain(self, lines: Sequence[OutLine], things: Sequence[int]) -> None:
        names = [line.image_id or "" for line in lines]
        safe = [harmless(name) if name[:1] in _RISKY else name for name in names]
        self._rows.writerows([(name, 1, n, n, "untouched", "", "", "") for name, n in zip(safe, things, strict=True)])
        self.tallies.images += len(lines)
        self.tallies.spoken += sum([line.content is not None for line in lines])

    def _count_one(self, line: OutLine, meant: Iterator[Sequence[str]]) -> Row | None:
        if line.kind == "untouched":
            names = next(meant)
            self.tallies.given.update(names)
            return self._note_image(line, len(names), len(names))
        self.tallies.count(line, self._task)
        names = [name for content in line.given for name in names_in(content)]
        self.tallies.given.update(names)
        if line.kind == "refused" and line.text:
            self._refused.write(f"{line.text}\n".encode())
            self.has_refused = True
        return self._note_image(line, len(names), len(next(meant)) if line.kind in WRITTEN else 0)

    def _note_image(self, line: OutLine, objects: int, things: int) -> Row | None:
        """The row of an image, once all its lines are there."""
        image_id = line.image_id
        if image_id is None:
            if line.kind in WRITTEN and hash(line.text) not in self._nameless:
                self._nameless.add(hash(line.text))
                self.tallies.images += 1
            return None
        lines, is_written, is_spoken = len(line.given), line.kind in WRITTEN, _is_spoken(line)
        if image_id in self._counted:
            earlier = self._open.get(image_id, (0, 0, 0, False, False))
            lines, objects, things = lines + earlier[0], objects + earlier[1], things + earlier[2]
            is_written, is_spoken = is_written or earlier[3], is_spoken or earlier[4]
            if lines < self._counted[image_id]:
                self._open[image_id] = lines, objects, things, is_written, is_spoken
                return None
            self._open.pop(image_id, None)
        self.tallies.images += is_written
        self.tallies.spoken += is_spoken
        made = line.decision
        decided = (made.decision_id, harmless(made.reviewer), made.verdict) if made is not None else ("", "", "")
        return harmless(image_id), lines, objects, things, line.kind, *decided

    def _save_refused(self) -> None:
        if not self.has_refused:
            return
        self._refused.seek(0)
        with replacing(refused_file(self._out)) as stream:
            while chunk := self._refused.read(_COPIED):
                stream.write(chunk)


def _is_spoken(line: OutLine) -> bool:
    """Whether somebody says something about the image: the files, or a decision."""
    made = line.decision
    return (made is not None and made.content is not None) or any(content is not None for content in line.given)


def refused_file(out: Path) -> Path:
    """Where the lines go that the platform would refuse."""
    return out.with_name(f"{out.stem}.refused.jsonl")


def images_file(out: Path) -> Path:
    """Where the table of the images goes."""
    return out.with_name(f"{out.stem}.images.csv")


def report_file(out: Path) -> Path:
    """Where the report goes."""
    return out.with_name(f"{out.stem}.report.json")
