"""Checking a label or prediction file, alone or against the images it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InputError
from domain.finding import Finding, Severity
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from formats.azure.labels import parse_labels
from formats.azure.predictions import parse_predictions
from formats.azure.sniff import sniff
from formats.azure.validate import validate_labels
from formats.base import ImageMatch, ParsedFile
from formats.image_index import ImageIndex
from services.image_folder import find_images
from services.import_labels import read_lines
from services.pictures import inspect_image

FORMATS = ("azure-jsonl", "azure-batch")
"""Label files and prediction files of Azure AutoML for Images."""

_THREADS = 2


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
        findings: In reading order.
    """

    file: str
    format: str
    task: Task | None
    lines: int
    images: int | None
    named: int
    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)


def validate_file(
    file: Path,
    *,
    format_name: str = "",
    images: Path | None = None,
    max_pixels: int,
    report: Report = ignore_progress,
) -> Validation:
    """Read a file and tell everything that is wrong with it.

    Args:
        file: The file.
        format_name: One of `FORMATS`; empty to tell it from the lines.
        images: The folder of the images it is about; each image it names is then decoded.
        max_pixels: Larger images count as unreadable.
        report: Called with (images read, images named).

    Raises:
        InputError: There is no such format, or no image in the folder.
        FormatError: The file cannot be opened or is empty.
        LimitError: It is too large.
    """
    lines = read_lines(file.expanduser())
    is_labels = _choose_format(format_name, lines) == "azure-jsonl"
    parsed = (parse_labels if is_labels else parse_predictions)(lines, file=file.name)
    folder = _Folder(images, max_pixels) if images is not None else None
    sizes = folder.measure((record.image_url for record in parsed.records), report) if folder else {}
    if is_labels:
        find = folder.find if folder else None
        findings = validate_labels(parsed, file=file.name, known_images=sizes, find_image=find)
    else:
        findings = [*parsed.all_findings, *(_unmatched(parsed, folder, file.name) if folder else ())]
    return Validation(
        file=file.name,
        format=FORMATS[0] if is_labels else FORMATS[1],
        task=parsed.task,
        lines=len(parsed.records),
        images=len(folder.paths) if folder else None,
        named=len(sizes),
        findings=tuple(findings),
    )


class _Folder:
    """The images of a folder, found by the addresses in a file."""

    def __init__(self, folder: Path, max_pixels: int) -> None:
        root = folder.expanduser().absolute()
        self.paths = {path.relative_to(root).as_posix(): path for path in find_images(root)}
        self._max_pixels = max_pixels
        self._index = ImageIndex(self.paths)

    def find(self, image_url: str) -> ImageMatch:
        return self._index.find(image_url)

    def measure(self, image_urls: Iterable[str], report: Report) -> dict[str, tuple[int, int]]:
        """Relative path -> (width, height) of every image that is named, 0 when it cannot be read."""
        matches = (self.find(url).path for url in image_urls if url)
        named = list(dict.fromkeys(path for path in matches if path is not None))
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="relook-images") as pool:
            sizes = {}
            for done, (path, size) in enumerate(zip(named, pool.map(self._measure, named), strict=True)):
                sizes[path] = size
                report(done + 1, len(named))
        return sizes

    def _measure(self, path: str) -> tuple[int, int]:
        facts = inspect_image(self.paths[path], max_pixels=self._max_pixels)
        return facts.width, facts.height


def _choose_format(name: str, lines: list[bytes]) -> str:
    if name and name not in FORMATS:
        raise InputError(f"There is no format '{name}'.", remedy=f"Known: {', '.join(FORMATS)}.")
    return name or ("azure-batch" if sniff(lines) == "predictions" else "azure-jsonl")


def _unmatched(parsed: ParsedFile, folder: _Folder, file: str) -> Iterator[Finding]:
    for record in parsed.records:
        match = folder.find(record.image_url) if record.image_url else None
        if match is not None and match.path is None:
            found = f"{len(match.candidates)} images fit it equally well" if match.candidates else "no image fits it"
            message = f"The prediction is for {record.image_url}; {found}."
            remedy = "Choose the folder that holds the image."
            yield Finding("JL011", Severity.WARNING, message, file, record.line, remedy=remedy)
