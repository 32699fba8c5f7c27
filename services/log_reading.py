"""Reading the log that goes with an export: whether its chain holds, and rows that are what they say.

Nothing in the file is trusted: every row is checked before it is used, and what is wrong becomes a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import orjson

from domain.class_edit import ClassEdit, EditKind
from domain.decision import Decision, Verdict
from domain.errors import FormatError, InputError
from domain.prediction import Task
from domain.region import region_from_plain
from services.log_file import FORMAT, HASH_DIGITS, VERSION
from store import contents
from store.export_rows import StoredLine
from store.log_rows import JSON_COLUMNS, check_logged

LONGEST_ROW = 256 * 1024**2

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What the first row says."""

    project: str
    task: Task
    classes: tuple[str, ...]
    prefix: str
    has_numbers: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What the lines of an image said before.

    Attributes:
        source: The number of their file; 0 for an image that no file names.
        lines: In file order.
        size: (width, height) in pixels, where the line is made without Azure's.
    """

    source: int
    image_id: str | None
    lines: tuple[StoredLine, ...]
    size: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the labels as the log notes it.

    Attributes:
        digest: Start of the SHA-256 of its text.
        kind: As `services.line_outcomes.OutLine.kind`.
        is_older: A newer file has the image.
    """

    image_id: str | None
    digest: str
    kind: str
    is_older: bool


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row with what is wrong about its place; `row` is empty where it cannot be read."""

    number: int
    row: Row
    problem: str
    seal: str


def iterate_rows(file: Path) -> Iterator[ReadRow]:
    """Yield the rows of a log, each checked against the one before.

    Raises:
        InputError: The file cannot be opened.
    """
    previous = ""
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(_lines(stream), start=1):
                row = _parse(line)
                problem = "it cannot be read: expected a JSON object" if row is None else ""
                if row is not None and row.get("previous") != previous:
                    problem = (
                        "it does not follow the row before it: that one was changed, or a row is missing, "
                        "was added or was moved"
                    )
                previous = sha256(line).hexdigest()
                yield ReadRow(number, row or {}, problem, previous)
    except OSError as error:
        raise InputError(
            f"The log cannot be read: {error.strerror or error}.", where=str(file), remedy="Check the path."
        ) from error


def read_head(row: Row) -> Head:
    """Return what the first row says.

    Raises:
        FormatError: It is no head of a log that this Relook reads.
    """
    if row.get("row") != "head" or row.get("format") != FORMAT:
        raise FormatError("This is no log of decisions of Relook.", remedy="Give the NAME.log.jsonl of an export.")
    if row.get("version") != VERSION:
        raise FormatError(
            f"The log has version {row.get('version')!r}; this Relook reads version {VERSION}.",
            remedy="Use the Relook that wrote it.",
        )
    return _checked(
        "head",
        lambda: Head(
            _text(row["project"]),
            Task(row["task"]),
            tuple(map(_text, _list(row["classes"]))),
            _text(row["prefix"]),
            _bool(row["has_numbers"]),
        ),
    )


def read_source(row: Row) -> tuple[int, str]:
    """Return the number and the format of a label file.

    Raises:
        FormatError: The row is not one that Relook writes.
    """
    return _checked("source", lambda: (_whole(row["source"]), _text(row["format"])))


def read_edit(row: Row) -> tuple[int, ClassEdit]:
    """Return the place in its log and the change of the class list.

    Raises:
        FormatError: The row is not one that Relook writes.
    """
    stored = _fold("class", row)

    def edit() -> ClassEdit:
        payload, edited_at = orjson.loads(stored["payload"]), datetime.fromisoformat(stored["edited_at"])
        texts = stored["edit_id"], EditKind(stored["kind"]), stored["name"]
        return ClassEdit(*texts, payload, stored["reviewer"], edited_at, stored["undoes"])

    made = _checked("class", edit)
    if not made.is_whole:
        raise FormatError("A row of kind 'class' lacks what its change needs.")
    return stored["seq"], made


def read_decision(row: Row) -> tuple[int, Decision]:
    """Return the place in the log and the decision.

    Raises:
        FormatError: The row is not one that Relook writes.
    """
    stored = _fold("decision", row)
    region = stored["region"]
    return stored["seq"], _checked(
        "decision",
        lambda: Decision(
            decision_id=stored["decision_id"],
            image_id=stored["image_id"],
            instance_id=stored["instance_id"],
            verdict=Verdict(stored["verdict"]),
            content=contents.decode(stored["content"]),
            reviewer=stored["reviewer"],
            note=stored["note"],
            overlays=tuple(orjson.loads(stored["overlays"])),
            decided_at=datetime.fromisoformat(stored["decided_at"]),
            undoes=stored["undoes"],
            parent=stored["parent"],
            region=None if region is None else region_from_plain(orjson.loads(region)),
        ),
    )


def read_given(row: Row) -> Given:
    """Return what the lines of an image said before.

    Raises:
        FormatError: The row is not one that Relook writes.
    """

    def line(each: Any) -> StoredLine:
        content = None if each["content"] is None else orjson.dumps(each["content"]).decode()
        contents.decode(content)
        return StoredLine(_whole(each["line"]), row["image"], _text(each["text"]), content, _bool(each["is_refused"]))

    def size() -> tuple[int, int] | None:
        if row["size"] is None:
            return None
        width, height = map(_whole, _list(row["size"]))
        return width, height

    return _checked(
        "given",
        lambda: Given(_whole(row["source"]), _name(row["image"]), tuple(map(line, _list(row["lines"]))), size()),
    )


def read_lines(row: Row) -> tuple[int, list[Line]]:
    """Return the number of the file and the lines that came of it.

    Raises:
        FormatError: The row is not one that Relook writes.
    """

    def line(each: Any) -> Line:
        image_id, digest, kind, *older = _list(each)
        if len(_text(digest)) != HASH_DIGITS or older not in ([], [True]):
            raise ValueError(each)
        return Line(_name(image_id), digest, _text(kind), bool(older))

    return _checked("lines", lambda: (_whole(row["source"]), list(map(line, _list(row["lines"])))))


def _fold(kind: str, row: Row) -> dict[str, Any]:
    """A row as the store keeps it: JSON as text.

    Raises:
        FormatError: The row is not one that Relook writes.
    """
    stored = {name: value for name, value in row.items() if name not in {"row", "previous"}}
    for name in JSON_COLUMNS[kind]:
        if stored.get(name) is not None:
            stored[name] = orjson.dumps(stored[name]).decode()
    check_logged(kind, stored)
    return stored


def _checked(kind: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise FormatError(f"A row of kind '{kind}' holds what Relook never writes there.") from error


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(LONGEST_ROW):
        yield line.removesuffix(b"\n")


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        row = orjson.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _name(value: Any) -> str | None:
    return None if value is None else _text(value)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value
