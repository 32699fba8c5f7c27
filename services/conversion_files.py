"""The files of a conversion: made in a folder of their own, put in place whole, with a report beside them."""

from __future__ import annotations

import csv
import hashlib
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.errors import InputError
from domain.prediction import count_things
from formats.base import Format, Loss, Record
from formats.base.csv_rows import harmless
from services.output_files import make_folder, unwritable


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversion is made before it is put in place.

    Attributes:
        path: The file or folder to write.
        out: Where it goes in the end.
        is_folder: A folder is written, not a file.
    """

    path: Path
    out: Path
    is_folder: bool

    @property
    def _name(self) -> str:
        """What the files beside it are called after: folders of one name with several endings are several things."""
        return self.out.name if self.is_folder else self.out.stem

    @property
    def table(self) -> Path:
        return self.path.with_name(f"{self._name}.images.csv")

    @property
    def refused(self) -> Path:
        return self.path.with_name(f"{self._name}.refused.jsonl")

    @property
    def report(self) -> Path:
        return self.path.with_name(f"{self._name}.report.json")

    def final(self, files: Sequence[Path]) -> tuple[Path, ...]:
        """Where files written below `path` or beside it will lie."""
        made = [
            self.out.parent / file.relative_to(self.path.parent) for file in files if file.parent == self.path.parent
        ]
        beside = [self.out.with_name(self.report.name), self.out.with_name(self.table.name)]
        return tuple(dict.fromkeys([self.out, *made, *beside]))


@contextmanager
def placing(out: Path, *, is_folder: bool) -> Iterator[Place]:
    """Yield a place beside `out`; when the block ends its files take their places, when it raises nothing changes.

    Raises:
        InputError: `out` is a folder that holds something, or may not be written to.
    """
    out = out.expanduser().absolute()
    _check(out, is_folder=is_folder)
    make_folder(out.parent)
    work = out.with_name(f".{out.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        work.mkdir()
        place = Place(work / out.name, out, is_folder)
        if is_folder:
            place.path.mkdir()
        yield place
        if is_folder and out.is_dir():
            out.rmdir()
        for made in sorted(work.iterdir()):
            made.replace(out.with_name(made.name))
    except OSError as error:
        raise unwritable(out, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check(out: Path, *, is_folder: bool) -> None:
    if not is_folder and out.is_dir():
        raise InputError("Found: a folder. Expected: the name of a file.", where=str(out), remedy="Add a file name.")
    if is_folder and out.is_file():
        raise InputError("Found: a file. Expected: a folder.", where=str(out), remedy="Choose another name.")
    if is_folder and out.is_dir() and any(out.iterdir()):
        raise InputError("The folder is not empty.", where=str(out), remedy="Choose a new one: nothing is overwritten.")


def digest(path: Path) -> str:
    """SHA-256 of a file; of a folder over the names and contents of its files, in order."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    total = hashlib.sha256()
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        total.update(f"{file.relative_to(path).as_posix()}\0{digest(file)}\n".encode())
    return total.hexdigest()


class ImageTable:
    """A CSV with a row per image: what went in, what came out, and what was lost."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", newline="", encoding="utf-8")
        self._rows = csv.writer(self._stream)
        self._rows.writerow(("image", "role", "line", "in", "out", "lost", "decision"))

    def add(self, source: Record, fitted: Record | None, lost: Sequence[tuple[Loss, str]], decision: str) -> None:
        """Add the row of one record; `decision` says which one it comes from."""
        words = "; ".join(f"{loss}: {detail}" if detail else loss for loss, detail in lost)
        before = count_things(source.content) + len(source.unreadable_objects)
        after = count_things(fitted.content) if fitted is not None else ""
        name = fitted.image_url if fitted is not None else source.image_url
        self._rows.writerow(
            (harmless(name), source.role, source.line, before, after, harmless(words), harmless(decision))
        )

    def close(self) -> None:
        self._stream.close()


class RefusedLines:
    """The lines of Azure's label files that nothing could be written of, as they stand."""

    def __init__(self, path: Path, target: Format) -> None:
        self._path = path
        self._keeps = target.name == "azure-jsonl"
        self._stream: BinaryIO | None = None

    @property
    def files(self) -> list[Path]:
        """The file, where there are such lines."""
        return [self._path] if self._stream is not None else []

    def add(self, record: Record) -> None:
        """Keep the line of a record, if it has one."""
        if not self._keeps or not record.text:
            return
        if self._stream is None:
            self._stream = self._path.open("wb")
        self._stream.write(record.text.encode(errors="replace") + b"\n")

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
