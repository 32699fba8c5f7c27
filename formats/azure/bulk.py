"""Reading label files of any length at speed: plain lines are decoded straight, all others by `LabelReader`.

What comes out, every finding included, is what `LabelReader` alone would give.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from domain.finding import Finding
from domain.plain_content import Plain, to_plain
from domain.prediction import Task
from formats.azure.first_lines import FirstLines, Keys
from formats.azure.image_fields import declared_size, is_usual_url, read_image_url
from formats.azure.labels import LabelReader, digest_of, id_prefix
from formats.azure.plain_lines import PLAIN_LINES, PlainLines
from formats.azure.report import LineReport, Remarks
from formats.azure.validate import check_crossings
from formats.base import Record


@dataclass(slots=True)
class Block:
    """Some lines of a file, in order; the lists are parallel.

    Attributes:
        numbers: 1-based.
        raws: The lines without their ends.
        urls: What names the image; empty when nothing does.
        records: What `LabelReader` read; None for plain lines.
        findings: Position -> what is wrong with a plain line.
    """

    numbers: list[int]
    raws: list[bytes]
    urls: list[str]
    records: list[Record | None]
    findings: dict[int, tuple[Finding, ...]] = field(default_factory=dict[int, tuple[Finding, ...]])
    _plain: PlainLines | None = None
    _lines: list[Any] = field(default_factory=list[Any])
    _digests: list[bytes] = field(default_factory=list[bytes])
    _occurrences: list[int] = field(default_factory=list[int])

    def __len__(self) -> int:
        return len(self.numbers)

    def findings_of(self, index: int) -> tuple[Finding, ...]:
        record = self.records[index]
        return self.findings.get(index, ()) if record is None else record.findings

    def text_of(self, index: int) -> str:
        record = self.records[index]
        return self.raws[index].decode() if record is None else record.text

    def plain_of(self, index: int) -> Plain | None:
        """What the line says, in the plain form of `domain.plain_content`."""
        record = self.records[index]
        if record is not None or self._plain is None:
            return to_plain(record.content) if record is not None and record.content is not None else None
        return self._plain.plain(self._lines[index].label, self._prefix(index))

    def size_of(self, index: int) -> tuple[int, int] | None:
        """The (width, height) in pixels that the line declares."""
        record = self.records[index]
        if record is not None or self._plain is None:
            return declared_size(record.fields) if record is not None else None
        return self._plain.size_of(self._lines[index])

    def is_refused(self, index: int) -> bool:
        """Whether the training platform would refuse or drop the line, or part of it; plain ones it takes."""
        record = self.records[index]
        return record is not None and record.is_refused

    def crossings_of(self, index: int, *, file: str, task: Task | None) -> list[Finding]:
        """Warnings about outlines that cross themselves."""
        record = self.records[index]
        if record is None:
            if self._plain is None or task is None or not self._plain.is_crossed(self._lines[index].label):
                return []
            record = self.record_of(index, task=task)
        return check_crossings(record, file=file)

    def record_of(self, index: int, *, task: Task) -> Record:
        """The line as a record."""
        record = self.records[index]
        if record is not None:
            return record
        read = LabelReader("", task).read_line(
            self.raws[index], self.numbers[index], occurrence=self._occurrences[index]
        )
        return Record(
            read.line, read.text, read.image_url, read.content, read.fields, self.findings_of(index), read.instance_ids
        )

    def _prefix(self, index: int) -> str:
        digest = self._digests[index] if self._digests else digest_of(self.urls[index])
        return id_prefix(digest, self._occurrences[index])


class BulkReader:
    """Reads a label file block by block; `file_findings` is complete after the last one.

    Attributes:
        task: What the labels are for; None leaves every content None.
    """

    def __init__(self, file: str, task: Task | None, *, needs_ids: bool = True) -> None:
        """Read a file.

        Args:
            file: Its name, for the findings.
            task: What the labels are for; None leaves every content None.
            needs_ids: Whether the ids of objects matter; what says where images stood before is cheaper without.
        """
        self.task = task
        self._needs_ids = needs_ids
        self._number = 1
        self._careful = LabelReader(file, task)
        self._plain = PLAIN_LINES[task]() if task is not None else None
        self._first_lines = FirstLines()

    def read(self, blocks: Iterable[list[bytes]]) -> Generator[Block, None, None]:
        """Yield the lines that are not blank.

        Args:
            blocks: Lines without line feeds, as `formats.base.line_blocks.blocks_of` gives them.
        """
        with closing(self._first_lines):
            for lines in blocks:
                block = self.take(lines)
                if self._careful.is_no_text:
                    return
                if len(block):
                    yield block

    def take(self, lines: list[bytes]) -> Block:
        """Read the next lines of the file."""
        start, self._number = self._number, self._number + len(lines)
        if start > 1 and not any(map(_is_odd, lines)):
            return self._read_block(list(range(start, self._number)), lines)
        kept = list(self._careful.iterate(lines, start=start))
        return self._read_block([line for line, _ in kept], [raw for _, raw in kept])

    def close(self) -> None:
        """Forget which images stood before; `read` does it by itself."""
        self._first_lines.close()

    def file_findings(self) -> list[Finding]:
        """What was found about the file as a whole."""
        return self._careful.file_findings()

    def _read_block(self, numbers: list[int], raws: list[bytes]) -> Block:
        lines: list[Any] = [None] * len(raws) if self._plain is None else list(map(self._plain.decode, raws))
        unusual = [i for i, line in enumerate(lines) if line is not None and not is_usual_url(line.image_url)]
        for index in unusual:
            if _is_wrong(lines[index].image_url):
                lines[index] = None
        parsed = {i: self._careful.parse(raws[i], numbers[i]) for i, line in enumerate(lines) if line is None}
        urls = [_address(parsed[i][0]) if line is None else line.image_url for i, line in enumerate(lines)]
        digests = list(map(digest_of, urls)) if self._needs_ids else []
        named = [i for i in range(len(lines)) if i not in parsed or isinstance(parsed[i][0], dict)]
        keys = _as_keys(digests) if self._needs_ids else np.array(list(map(hash, urls)), np.int64).view(np.uint64)
        first, occurrences = self._place(numbers, keys, named)
        block = Block(numbers, raws, urls, [None] * len(raws), {}, self._plain, lines, digests, occurrences)
        repeated = [i for i in named if first[i]] if any(first) else []
        for index in sorted({*parsed, *unusual, *repeated}):
            seen = first[index], occurrences[index]
            if index in parsed:
                block.records[index] = self._careful.read_fields(*parsed[index], seen)
            else:
                self._examine(block, index, seen[0])
        self._count(block, lines)
        return block

    def _place(self, numbers: list[int], keys: Keys, named: list[int]) -> tuple[list[int], list[int]]:
        """First line of the same image, or 0, and how many were before, for every line."""
        lines = np.array(numbers, np.uint32)
        if len(named) == len(numbers):
            first, occurrences = self._first_lines.place(keys, lines)
        else:
            first, occurrences = np.zeros(len(lines), np.uint32), np.zeros(len(lines), np.uint32)
            first[named], occurrences[named] = self._first_lines.place(keys[named], lines[named])
        return first.tolist(), occurrences.tolist()

    def _examine(self, block: Block, index: int, first: int) -> None:
        """Note what may be said about a plain line: an unusual address, and an image that stood before."""
        report = self._careful.new_report(block.numbers[index], block.raws[index].decode())
        read_image_url({"image_url": block.urls[index]}, report)
        if first:
            self._careful.note_duplicate(first, report)
        block.findings[index] = tuple(report.findings)

    def _count(self, block: Block, lines: list[Any]) -> None:
        if self._plain is None:
            return
        counts = [0 if line is None else self._plain.count_objects(line.label) for line in lines]
        start = next((number for number, count in zip(block.numbers, counts, strict=True) if count), 0)
        self._careful.checks.add_plain(
            start,
            lines=len(lines) - lines.count(None),
            objects=sum(counts),
            with_objects=len(counts) - counts.count(0),
        )


def _is_odd(raw: bytes) -> bool:
    """Whether a line may be blank, or has a carriage return at its end."""
    return raw[:1] != b"{" or raw[-1:] != b"}"


def _as_keys(digests: list[bytes]) -> Keys:
    return np.frombuffer(b"".join([digest + b"\0\0" for digest in digests]), np.uint64)


def _is_wrong(url: str) -> bool:
    """Whether more is to say about an address than a remark."""
    report = LineReport("", 0, "JL", Remarks())
    read_image_url({"image_url": url}, report)
    return bool(report.findings)


def _address(fields: Any) -> str:
    """What `read_image_url` will return."""
    url = fields.get("image_url") if isinstance(fields, dict) else None
    return url if isinstance(url, str) and url.strip() else ""
