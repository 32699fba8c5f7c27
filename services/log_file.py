"""The log that goes with an export: every decision and everything needed to replay it to the same labels.

One JSON object a line. Each but the first bears the hash of the line before it, so that a line that was changed, taken
out or moved shows; see docs/review.md for the rows and for what the chain proves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import orjson

from domain.project import Project
from services.export_lines import uses_numbers
from services.line_outcomes import OutLine, Plan
from store.engine import Connection
from store.export_rows import StoredLine
from store.log_rows import JSON_COLUMNS, iterate_rows
from store.sources import Source

FORMAT = "relook decision log"
VERSION = 1
HASH_DIGITS = 32
"""Hexadecimal digits that stand for a line of the labels: 128 bits of its SHA-256."""

_BLOCK = 1000


class ChainWriter:
    """Writes rows of which each bears the hash of the one before.

    Attributes:
        count: Rows written.
        seal: SHA-256 of the last row: whoever keeps it elsewhere can tell later that nothing was changed.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.count = 0
        self.seal = ""

    def add(self, row: Mapping[str, Any]) -> None:
        line = orjson.dumps({**row, "previous": self.seal})
        self._stream.write(line + b"\n")
        self.seal = sha256(line).hexdigest()
        self.count += 1


class LogFile:
    """Writes the log while an export goes out.

    Attributes:
        prefix: Precedes the path of images that no label file names.
    """

    def __init__(self, stream: IO[bytes], connection: Connection, project: Project, plan: Plan, *, prefix: str) -> None:
        """Write everything but the lines of the labels."""
        self.prefix = prefix
        self._chain = ChainWriter(stream)
        self._given: set[tuple[int, str]] = set()
        self._lines = 0
        self._chain.add(
            {
                "row": "head",
                "format": FORMAT,
                "version": VERSION,
                "project": project.name,
                "task": project.task.value,
                "classes": list(plan.names),
                "prefix": prefix,
                "has_numbers": uses_numbers(connection, plan),
                "written_at": datetime.now(UTC).isoformat(),
            }
        )
        for source in plan.sources:
            self._chain.add(_describe_source(source))
        for kind in ("class", "decision"):
            for row in iterate_rows(connection, project.project_id, kind):
                self._chain.add({"row": kind, **_unfold(kind, row)})

    @property
    def seal(self) -> str:
        """SHA-256 of the last row."""
        return self._chain.seal

    def add(self, source: Source | None, lines: Sequence[OutLine]) -> None:
        """Note lines on their way out; `source` is the file they come from, None for lines that were added."""
        number = source.source_id if source is not None else 0
        for start in range(0, len(lines), _BLOCK):
            block = lines[start : start + _BLOCK]
            for line in block:
                if line.sources or line.size is not None:
                    self._add_given(number, line)
            self._chain.add({"row": "lines", "source": number, "lines": list(map(describe_line, block))})
        self._lines += len(lines)

    def close(self, *, labels_sha256: str) -> None:
        """Write the last row, which tells that nothing is missing behind it."""
        self._chain.add(
            {"row": "end", "rows": self._chain.count + 1, "lines": self._lines, "labels_sha256": labels_sha256}
        )

    def _add_given(self, source: int, line: OutLine) -> None:
        """What the lines of a decided image said before, once, or what a renamed line said."""
        if line.decision is not None and line.image_id is not None:
            if (source, line.image_id) in self._given:
                return
            self._given.add((source, line.image_id))
        lines = list(map(_describe_stored, line.sources))
        size = list(line.size) if line.size is not None else None
        self._chain.add({"row": "given", "source": source, "image": line.image_id, "size": size, "lines": lines})


def describe_line(line: OutLine) -> list[Any]:
    """An entry of a row of lines: image, hash of the text, kind, whether a newer file has the image."""
    is_older = not line.sources and line.size is None and (line.decision is not None or line.kind == "left out")
    return [line.image_id, hash_line(line.text.encode()), line.kind, *([True] if is_older else [])]


def hash_line(line: bytes) -> str:
    return sha256(line).hexdigest()[:HASH_DIGITS]


def log_file(out: Path) -> Path:
    """Where the log of an export goes."""
    return out.with_name(f"{out.stem}.log.jsonl")


def _unfold(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the store with its JSON as it is, not as text."""
    columns = JSON_COLUMNS[kind]
    return {
        name: orjson.Fragment(value) if name in columns and value is not None else value for name, value in row.items()
    }


def _describe_source(source: Source) -> dict[str, Any]:
    return {
        "row": "source",
        "source": source.source_id,
        "file": source.file,
        "format": source.format,
        "sha256": source.sha256,
        "lines": source.line_count,
        "imported_at": source.imported_at.isoformat(),
    }


def _describe_stored(line: StoredLine) -> dict[str, Any]:
    content = None if line.content is None else orjson.Fragment(line.content)
    return {"line": line.line, "text": line.text, "content": content, "is_refused": bool(line.is_refused)}
