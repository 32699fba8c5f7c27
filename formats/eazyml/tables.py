"""Reading an `inputs,labels` table: class names, or masks whose outlines are traced (formats.md 7.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath

from domain.errors import FormatError, LimitError
from domain.geometry import bounding_box
from domain.prediction import Instance, Instances, Labels, Task
from formats.base import FileReport, ReadOptions, Record
from formats.base.csv_rows import CsvRow, read_csv
from formats.base.files import opened
from formats.base.masks import trace
from formats.eazyml.mask_files import MATRICES, PICTURES, UNNAMED, find_mask, read_mask, read_names

TABLE = "labels.csv"
INPUTS, LABELS = "inputs", "labels"
_FILES = {"", "Unnamed: 0", "index"}


def read_labels(path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
    """Yield the label of every image; `path` is the table, or the folder it stands in as labels.csv.

    Raises:
        FormatError: The table cannot be opened.
    """
    file = path / TABLE if path.is_dir() else path
    with opened(file) as stream:
        table = read_csv(stream, report)
        if table is None:
            return
        names, rows = table
        missing = [name for name in (INPUTS, LABELS) if name not in names]
        if missing:
            message = f"The first line names {', '.join(names)[:200]}; it lacks {' and '.join(missing)}."
            report.add("EX003", message, line=1, remedy="Name the columns inputs and labels.")
            return
        extra = [name for name in names if name not in {INPUTS, LABELS} and name not in _FILES]
        if extra:
            report.add("EX009", f"The columns {', '.join(extra)[:200]} are left out.", line=1)
        first = next(rows, None)
        report.task = options.task or (_task_of(first[1]) if first is not None and first[1] else report.task)
        reader = _LabelReader(file.parent, options, report)
        about_file, report.findings = report.findings, []
        for line, row in chain([first] if first is not None else [], rows):
            yield reader.read(line, row)
        report.findings[:0] = about_file


def _task_of(row: CsvRow) -> Task:
    is_file = PurePosixPath(row[LABELS]).suffix.lower() in {*MATRICES, *PICTURES}
    return Task.SEGMENTATION if is_file else Task.CLASSIFICATION


class _LabelReader:
    """Reads the rows of one table."""

    def __init__(self, folder: Path, options: ReadOptions, report: FileReport) -> None:
        self._folder = folder
        self._report = report
        self._axis_names = options.classes
        self._names: Mapping[int, str] = read_names(folder, report)
        if not self._names and len(options.classes) == 1:
            self._names = {255: next(iter(options.classes.values()))}
        if self._names:
            report.classes = tuple(dict.fromkeys(self._names[value] for value in sorted(self._names)))

    def read(self, line: int, row: CsvRow | None) -> Record:
        if row is None:
            return Record(line, "", "", None, findings=self._report.take())
        name, label = _plain(row[INPUTS]), row[LABELS]
        if not name:
            self._report.add("EX002", "The cell of inputs is empty.", line=line, remedy="Name the image.")
        if not label.strip():
            self._report.add("EX004", "The cell of labels is empty.", line=line, remedy="Add a class or a mask.")
            return Record(line, "", name, None, findings=self._report.take())
        if self._report.task is not Task.SEGMENTATION:
            return Record(line, "", name, Labels({label: 1.0}), findings=self._report.take())
        content, size = self._read_mask(line, _plain(label))
        return Record(line, "", name, content, findings=self._report.take(), size=size)

    def _read_mask(self, line: int, label: str) -> tuple[Instances | None, tuple[int, int] | None]:
        file = find_mask(self._folder, label)
        if file is None:
            message = f"There is no mask {label:.200} in the folder of the table."
            self._report.add("EX011", message, line=line, remedy="Put the masks beside the table.")
            return None, None
        items: list[Instance] = []
        size: tuple[int, int] | None = None
        try:
            for name, mask in read_mask(file, self._names, self._axis_names):
                size = (mask.shape[1], mask.shape[0])
                rings = trace(mask)
                box = bounding_box(rings)
                if box is not None:
                    items.append(Instance(f"m{line}-{len(items)}", name, box, polygons=rings))
                if name.startswith(UNNAMED):
                    message = f"Nothing names the class of the mask; it is called {name}."
                    self._report.add("EX009", message, line=line, remedy='Name it in labels.json: {"255": "..."}.')
        except (FormatError, LimitError) as error:
            self._report.add("EX007", error.message, line=line, remedy=error.remedy)
            return None, None
        return Instances(tuple(items)), size


def _plain(path: str) -> str:
    """A path without the ./ that keeps a spreadsheet from taking it for a formula."""
    return path[2:] if path.startswith("./") and path[2:3] in {"=", "+", "-", "@", "\t", "\r", "'", "."} else path
