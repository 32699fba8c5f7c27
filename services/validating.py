"""Checking a label or prediction file, alone or against the images it is about."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InputError
from domain.finding import Finding, Severity
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from domain.settings import read_settings
from formats.azure.bulk import BulkReader
from formats.azure.bulk_checks import BulkChecker
from formats.azure.prediction_shapes import detect_prediction_task
from formats.azure.predictions import PredictionReader
from formats.azure.sniff import sniff
from formats.azure.tasks import detect_task
from formats.base import ImageMatch, Record
from formats.image_index import ImageIndex
from services.filing import MOST_FINDINGS
from services.image_folder import find_images
from services.import_labels import in_batches, unmatched_prediction
from services.line_files import LineFile, open_line_file
from services.pictures import inspect_image

FORMATS = ("azure-jsonl", "azure-batch")
"""Label files and prediction files of Azure AutoML for Images."""

Emit = Callable[[Finding], None]

_THREADS = 2
_AHEAD = 1000


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found in a file.

    Attributes:
        file: Its name.
        format: One of `FORMATS`.
        task: What its lines are for; None when they do not tell.
        lines: Lines that are not blank.
        images: Images of the folder; None when no folder was given.
        named: Images of the folder that the file speaks about.
        findings: The first ones, line by line; what concerns the whole file comes last.
        counts: Severity -> how many there are in all.
    """

    file: str
    format: str
    task: Task | None
    lines: int
    images: int | None
    named: int
    findings: tuple[Finding, ...]
    counts: Mapping[Severity, int]

    def count(self, severity: Severity) -> int:
        return self.counts.get(severity, 0)


def validate_file(
    file: Path,
    *,
    format_name: str = "",
    images: Path | None = None,
    max_pixels: int,
    report: Report = ignore_progress,
    emit: Emit = lambda _finding: None,
) -> Validation:
    """Read a file and tell everything that is wrong with it.

    Args:
        file: The file.
        format_name: One of `FORMATS`; empty to tell it from the lines.
        images: The folder of the images it is about; each image it names is then decoded.
        max_pixels: Larger images count as unreadable.
        report: Called with (images read, images named).
        emit: Called with every finding as it is made.

    Raises:
        InputError: There is no such format, or no image in the folder.
        FormatError: The file cannot be opened or is empty.
        LimitError: It is too large.
    """
    lines = open_line_file(file.expanduser(), max_bytes=read_settings().max_file_bytes)
    name = _choose_format(format_name, lines)
    folder = _Folder(images, max_pixels) if images is not None else None
    kept = _Kept(emit)
    check = _check_labels if name == "azure-jsonl" else _check_predictions
    task, count = check(lines, folder, report, kept)
    return Validation(
        file=lines.name,
        format=name,
        task=task,
        lines=count,
        images=len(folder) if folder else None,
        named=folder.named if folder else 0,
        findings=tuple(kept.first),
        counts=kept.counts,
    )


class _Kept:
    """Passes findings on, counts them and keeps the first."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.first: list[Finding] = []
        self.counts: Counter[Severity] = Counter()

    def add(self, found: Sequence[Finding]) -> None:
        for finding in found:
            self._emit(finding)
            self.counts[finding.severity] += 1
        self.first += found[: max(0, MOST_FINDINGS - len(self.first))]


def _check_labels(lines: LineFile, folder: _Folder | None, report: Report, kept: _Kept) -> tuple[Task | None, int]:
    with closing(lines.lines()) as head:
        task = detect_task(head)
    if folder is not None:
        with closing(BulkReader(lines.name, task, needs_ids=False).read(lines.blocks())) as blocks:
            folder.measure((block.urls for block in blocks), report)
    reader = BulkReader(lines.name, task, needs_ids=False)
    checker = BulkChecker(lines.name, task, folder)
    count = 0
    with closing(reader.read(lines.blocks())) as blocks:
        for block in blocks:
            count += len(block)
            kept.add(list(checker.check(block, checker.locate(block))))
    kept.add(reader.file_findings())
    return task, count


def _check_predictions(lines: LineFile, folder: _Folder | None, report: Report, kept: _Kept) -> tuple[Task | None, int]:
    with closing(lines.lines()) as head:
        task = detect_prediction_task(head)
    if folder is not None:
        with closing(PredictionReader(lines.name, task).read(lines.lines())) as records:
            folder.measure(([record.image_url for record in batch] for batch in in_batches(records)), report)
    reader = PredictionReader(lines.name, task)
    count = 0
    with closing(reader.read(lines.lines())) as records:
        for batch in in_batches(records):
            count += len(batch)
            kept.add(list(_findings_of(batch, folder, lines.name)))
    kept.add(reader.file_findings())
    return task, count


def _findings_of(batch: Sequence[Record], folder: _Folder | None, name: str) -> Iterator[Finding]:
    matches = folder.locate([record.image_url for record in batch]) if folder else []
    for index, record in enumerate(batch):
        yield from record.findings
        if matches and record.image_url and matches[index][0].path is None:
            yield unmatched_prediction(record, matches[index][0], name)


class _Folder:
    """The images of a folder, found by the addresses in a file."""

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self._root = folder.expanduser().absolute()
        self._names = [path.relative_to(self._root).as_posix() for path in find_images(self._root)]
        self._max_pixels = max_pixels
        self._index = ImageIndex(self._names)
        self._widths, self._heights = (array("I", bytes(4 * len(self._names))) for _ in range(2))
        self.named = 0

    def __len__(self) -> int:
        return len(self._names)

    def locate(self, image_urls: Sequence[str]) -> list[tuple[ImageMatch, int]]:
        return self._index.locate(image_urls)

    def size(self, row: int) -> tuple[int, int]:
        return self._widths[row], self._heights[row]

    def measure(self, blocks: Iterator[list[str]], report: Report) -> None:
        """Read the size of every image that is named; that of one that cannot be read stays 0."""
        is_named = bytearray(len(self._names))
        for urls in blocks:
            for url, (_, row) in zip(urls, self.locate(urls), strict=True):
                if url and row >= 0:
                    is_named[row] = 1
        rows = [row for row, named in enumerate(is_named) if named]
        self.named = len(rows)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="relook-images") as pool:
            for start in range(0, len(rows), _AHEAD):
                for done, _ in enumerate(pool.map(self._measure, rows[start : start + _AHEAD]), start + 1):
                    report(done, len(rows))

    def _measure(self, row: int) -> None:
        facts = inspect_image(self._root / self._names[row], max_pixels=self._max_pixels)
        self._widths[row], self._heights[row] = facts.width, facts.height


def _choose_format(name: str, lines: LineFile) -> str:
    if name and name not in FORMATS:
        raise InputError(f"There is no format '{name}'.", remedy=f"Known: {', '.join(FORMATS)}.")
    with closing(lines.lines()) as head:
        return name or ("azure-batch" if sniff(head) == "predictions" else "azure-jsonl")
