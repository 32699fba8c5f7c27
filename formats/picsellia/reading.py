"""Reading a JSON file of payloads, or one with a payload a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from formats.base import FileReport, ReadOptions, Record, Role
from formats.base.files import lines_of, opened, parse_json, read_document
from formats.picsellia.payload import PayloadReader
from formats.picsellia.rules import PICSELLIA_RULES

_LARGEST_MAP = 16 * 1024**2


def labels_path(path: Path) -> Path:
    """Where the label map of a file stands: a JSON object of id -> name, or a list."""
    return path.with_name(f"{path.stem}.labels.json")


def read_payloads(path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
    """Yield the predictions of every payload.

    Raises:
        FormatError: The file cannot be opened.
        LimitError: It is a single document too large to be read in one piece.
    """
    classes = _read_labels(path, report)
    about_file, report.findings = report.findings, []
    report.classes = tuple(name for _, name in sorted(classes.items()))
    report.task = options.task or report.task
    reader = PayloadReader(options, classes, report)
    if _has_lines(path):
        yield from _read_lines(path, reader, report)
    else:
        document = parse_json(read_document(path), report)
        payloads = document if isinstance(document, list) else [document]
        for number, payload in enumerate(payloads, 1):
            if document is not None:
                yield from reader.read(number, payload)
    report.findings[:0] = about_file
    for key, count in reader.left_out.items():
        report.add("PI053", f"The key {key!r:.80} has no place in Relook and is left out of {count} payloads.")


def _read_lines(path: Path, reader: PayloadReader, report: FileReport) -> Iterator[Record]:
    with opened(path) as stream:
        for number, raw in enumerate(lines_of(stream), 1):
            text = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
            if not text:
                continue
            payload = parse_json(text, report, line=number)
            if payload is None:
                if not report.findings:
                    report.add("EX001", "The line is null, expected a payload.", line=number, remedy="Delete it.")
                yield Record(number, "", "", None, findings=report.take(), role=Role.PREDICTION)
            else:
                yield from reader.read(number, payload)


def _has_lines(path: Path) -> bool:
    """Whether the first line that is not blank is a whole JSON object, or the file has another one that is."""
    with opened(path) as stream:
        lines = (line for raw in lines_of(stream) if (line := raw.removeprefix(b"\xef\xbb\xbf").strip()))
        first, second = next(lines, b""), next(lines, b"")
    return any(line.startswith(b"{") and _is_json(line) for line in (first, second))


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            json.loads(line)
        except (ValueError, RecursionError):
            return False
    return True


def _read_labels(path: Path, report: FileReport) -> dict[int, str]:
    """The label map beside a file; empty where there is none, or (noted) none that can be used."""
    beside = labels_path(path)
    if not beside.is_file():
        return {}
    own = FileReport(beside.name, PICSELLIA_RULES)
    found = parse_json(read_document(beside, limit=_LARGEST_MAP), own)
    pairs: Any = enumerate(found) if isinstance(found, list) else found.items() if isinstance(found, dict) else ()
    classes = {
        int(number): name
        for number, name in pairs
        if isinstance(name, str) and (isinstance(number, int) or (number.isascii() and number.isdecimal()))
    }
    if found is not None and not classes:
        own.add("EX003", "The label map is neither {number: name} nor a list of names.", remedy="Mend or delete it.")
    report.findings += own.take()
    return classes
