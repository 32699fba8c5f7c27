"""The files of an export while they are written: every block is read back from the disk and compared at once."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self

from domain.prediction import Task
from formats.base.csv_rows import harmless
from services.export_lines import WRITTEN, OutLine
from services.export_report import ReadBack, Tallies, names_in
from services.output_files import replacing
from store.contents import look_into

_COLUMNS = ("image", "lines in", "objects in", "objects out", "what became of it", "decision", "reviewer", "verdict")
_COPIED = 1024**2

Row = tuple[object, ...]


class ExportFiles:
    """Writes NAME.jsonl, NAME.images.csv and, where there are any, the refused lines. Used with `with`.

    Attributes:
        tallies: What was counted so far.
        size: Bytes of the main file.
        first_line: Of the main file.
    """

    def __init__(self, out: Path, task: Task) -> None:
        self._out = out
        self._task = task
        self._stack = ExitStack()
        self._back_reader = ReadBack(task)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="relook-sha256")
        self._digest = hashlib.sha256()
        self._open: dict[str, tuple[int, int, int, bool]] = {}
        self._nameless: set[int] = set()
        self.repeated: Mapping[str, int] = {}
        self.tallies = Tallies()
        self.size = 0
        self.first_line = ""
        self.has_refused = False

    def __enter__(self) -> Self:
        self._main = self._stack.enter_context(replacing(self._out))
        self._back = self._stack.enter_context(Path(self._main.name).open("rb"))
        images = self._stack.enter_context(replacing(images_file(self._out)))
        self._images = io.TextIOWrapper(images, encoding="utf-8", newline="", write_through=False)
        self._rows = csv.writer(self._images)
        self._rows.writerow(_COLUMNS)
        self._refused: IO[bytes] = self._stack.enter_context(tempfile.TemporaryFile())
        self._stack.callback(self._pool.shutdown)
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._save_refused()
            self._images.flush()
        self._images.detach()
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    @property
    def sha256(self) -> str:
        """Of what was read back."""
        return self._digest.hexdigest()

    def add(self, lines: Sequence[OutLine]) -> None:
        """Write some lines, read them back, compare and count."""
        written = [line for line in lines if line.kind in WRITTEN]
        data = "".join([f"{line.text}\n" for line in written]).encode()
        self._main.write(data)
        self._main.flush()
        back = self._back.read(len(data))
        hashed = self._pool.submit(self._digest.update, back)  # beside the comparing: it needs no interpreter
        self.size += len(back)
        if written and not self.first_line:
            self.first_line = written[0].text
        meant = [None if line.content is None else look_into(line.content) for line in written]
        self.tallies.differences += self._back_reader.count_differences(back.split(b"\n")[:-1], written, meant)
        hashed.result()
        self._count(lines, [[] if content is None else content.names for content in meant])

    def _count(self, lines: Sequence[OutLine], meant: Sequence[list[str]]) -> None:
        given: list[str] = []
        contents = iter(meant)
        rows: list[Row] = []
        for line in lines:
            if line.kind == "untouched":
                names = next(contents)
                given += names
                row = self._note_image(line, len(names), len(names))
            else:
                row = self._count_other(line, contents, given)
            if row is not None:
                rows.append(row)
        self._rows.writerows(rows)
        self.tallies.kinds.update([line.kind for line in lines])
        self.tallies.lines_given += sum([len(line.given) for line in lines])
        self.tallies.given.update(given)
        self.tallies.meant.update([name for names in meant for name in names])

    def _count_other(self, line: OutLine, meant: Iterator[list[str]], given: list[str]) -> Row | None:
        self.tallies.count(line, self._task)
        names = [name for content in line.given for name in names_in(content)]
        given += names
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
        lines, is_written = len(line.given), line.kind in WRITTEN
        if image_id in self.repeated:
            earlier = self._open.get(image_id, (0, 0, 0, False))
            lines, objects, things = lines + earlier[0], objects + earlier[1], things + earlier[2]
            is_written = is_written or earlier[3]
            if lines < self.repeated[image_id]:
                self._open[image_id] = lines, objects, things, is_written
                return None
            self._open.pop(image_id, None)
        self.tallies.images += is_written
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


def refused_file(out: Path) -> Path:
    """Where the lines go that the platform would refuse."""
    return out.with_name(f"{out.stem}.refused.jsonl")


def images_file(out: Path) -> Path:
    """Where the table of the images goes."""
    return out.with_name(f"{out.stem}.images.csv")


def report_file(out: Path) -> Path:
    """Where the report goes."""
    return out.with_name(f"{out.stem}.report.json")
