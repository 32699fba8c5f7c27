"""The files of an export while they are written: every block is read back from the disk and compared at once."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self

from domain.prediction import Task
from formats.azure.bulk import BulkReader
from formats.base.csv_rows import harmless
from services.export_lines import WRITTEN, OutLine
from services.export_report import Tallies, count_classes, count_differences
from services.output_files import replacing

_COLUMNS = ("image", "lines in", "objects in", "objects out", "what became of it", "decision", "reviewer", "verdict")
_COPIED = 1024**2


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
        self._reader = BulkReader(out.name, task, needs_ids=False)
        self._digest = hashlib.sha256()
        self._open: dict[str, list[int]] = {}
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
        self._stack.callback(self._reader.close)
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
        self._digest.update(back)
        self.size += len(back)
        if written and not self.first_line:
            self.first_line = written[0].text
        self.tallies.differences += count_differences(self._reader.take(back.split(b"\n")[:-1]), written, self._task)
        for line in lines:
            self._count(line)

    def _count(self, line: OutLine) -> None:
        tallies = self.tallies
        tallies.kinds[line.kind] += 1
        tallies.lines_given += len(line.given)
        if line.kind == "untouched":
            names: Counter[str] = Counter()
            things = objects = count_classes(line.content, names)
            tallies.given.update(names)
            tallies.meant.update(names)
        else:
            tallies.count(line, self._task)
            objects = sum(count_classes(content, tallies.given) for content in line.given)
            things = count_classes(line.content, tallies.meant) if line.kind in WRITTEN else 0
            if line.kind == "refused" and line.text:
                self._refused.write(f"{line.text}\n".encode())
                self.has_refused = True
        self._note_image(line, objects, things)

    def _note_image(self, line: OutLine, objects: int, things: int) -> None:
        """A row for each image, once all its lines are there."""
        if line.image_id is None:
            if line.kind in WRITTEN and hash(line.text) not in self._nameless:
                self._nameless.add(hash(line.text))
                self.tallies.images += 1
            return
        counts = [len(line.given), objects, things, int(line.kind in WRITTEN)]
        if line.image_id in self.repeated:
            earlier = self._open.get(line.image_id, [0, 0, 0, 0])
            counts = [a + b for a, b in zip(earlier, counts, strict=True)]
            if counts[0] < self.repeated[line.image_id]:
                self._open[line.image_id] = counts
                return
            self._open.pop(line.image_id, None)
        self.tallies.images += counts[3] > 0
        made = line.decision
        decided = (made.decision_id, harmless(made.reviewer), made.verdict) if made is not None else ("", "", "")
        self._rows.writerow((harmless(line.image_id), *counts[:3], line.kind, *decided))

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
