"""Names for answers that name no image: a list beside the file, in the order of the request, or else numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from domain.prediction import count_things
from formats.base.files import parse_json, read_document
from formats.base.format import Writing
from formats.base.record import Record
from formats.base.rules import FileReport

_LARGEST = 64 * 1024**2


def names_file(path: Path) -> Path:
    """Where the names for `path` lie: "answers.names.json" for "answers.json"."""
    return path.with_name(f"{path.stem}.names.json")


def numbered(number: int) -> str:
    """How the answer `number`, 1-based, is called when nothing names its image."""
    return f"#{number}"


def read_names(path: Path, count: int, report: FileReport, *, broken: str) -> list[str] | None:
    """Read the names beside `path`, a JSON list of paths in the order of the request.

    Args:
        path: The file of answers.
        count: Answers in it.
        report: Where findings go.
        broken: Code of the finding when the list cannot be used.

    Returns:
        One name an answer; None when there is no list or it cannot be used (noted).
    """
    beside = names_file(path)
    if not beside.is_file():
        return None
    found = len(report.findings)
    names = parse_json(read_document(beside, limit=_LARGEST), report, code=broken)
    report.findings[found:] = [replace(finding, file=beside.name) for finding in report.findings[found:]]
    if names is None and len(report.findings) > found:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        message = "The names are not a list of texts; expected the path of each image, in the order of the request."
        report.add(broken, message, file=beside.name, remedy='Write a list such as ["photos/1.jpg", "photos/2.jpg"].')
        return None
    if len(names) != count:
        message = (
            f"There are {len(names)} names for {count} answers: no answer can be told which image it is about. "
            "Endpoints leave out images they cannot read, and the answers behind move up."
        )
        remedy = "Send those images again, one a request, or remove the names of the images without an answer."
        report.add(broken, message, file=beside.name, remedy=remedy)
        return None
    return names


def note_numbers(path: Path, count: int, report: FileReport, *, code: str) -> None:
    """Say that images are called by number, and how to name them."""
    message = (
        f"{count} answers name no image: they are called {numbered(1)}, {numbered(2)}, ... in the order they stand in."
    )
    remedy = (
        f"Write the paths of the images, in the order of the request, as a JSON list into {names_file(path).name} "
        "beside the file."
    )
    report.add(code, message, remedy=remedy)


def write_names(path: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Write the names beside `path`; nothing is written, and () returned, where they are numbers in order."""
    if all(name == numbered(number) for number, name in enumerate(names, start=1)):
        return ()
    beside = names_file(path)
    beside.write_text(json.dumps(list(names), indent=0) + "\n", encoding="utf-8")
    return (beside,)


def write_answers(path: Path, records: Iterable[Record], render: Callable[[Record], str]) -> Writing:
    """Write answers as a JSON list, one a line, and the names of their images beside it.

    Args:
        path: The file.
        records: In the order of the request; those without content are passed over.
        render: Gives the JSON text of one answer.
    """
    names: list[str] = []
    objects = 0
    with path.open("wb") as stream:
        stream.write(b"[")
        for record in records:
            if record.content is not None:
                stream.write((b",\n" if names else b"\n") + render(record).encode())
                names.append(record.image_url)
                objects += count_things(record.content)
        stream.write(b"\n]\n")
    return Writing((path, *write_names(path, names)), len(names), objects)
