"""Small valid files of every format, written by the format itself: what is mutated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from domain.prediction import Task
from formats import FORMATS
from formats.base import Losses, ReadOptions, WriteOptions
from tests.formats.scenes import CLASSES, SIZE, find_image, scene
from tests.fuzz.strange import STRANGE

NOW = 1_600_000_000.0
_PICTURES = {".png", ".jpg", ".jpeg"}


@dataclass(frozen=True, slots=True)
class Specimen:
    """A valid file or folder.

    Attributes:
        name: Format, task and role.
        format_name: Key of `FORMATS`.
        task: What it is for.
        place: The file or folder.
        files: What may be mutated: (relative path, content).
    """

    name: str
    format_name: str
    task: Task
    place: Path
    files: tuple[tuple[str, bytes], ...]

    @property
    def root(self) -> Path:
        return self.place if self.place.is_dir() else self.place.parent

    def restore(self) -> None:
        """Put every file back as it was."""
        for name, content in self.files:
            (self.root / name).write_bytes(content)


def make_specimens(format_name: str, folder: Path) -> list[Specimen]:
    """Write a specimen for every task and role the format holds, and for the strange shapes it only reads."""
    made = _make(format_name, folder) if FORMATS[format_name].can_write else ()
    return [*made, *_make_strange(format_name, folder)]


def read_options(task: Task | None, *, mends: bool = False) -> ReadOptions:
    """What is known while specimens are read."""
    return ReadOptions(task, dict(enumerate(CLASSES)), find_image, now=NOW, mends=mends)


def write_options(task: Task, *, suffix: str, picture: Path | None = None) -> WriteOptions:
    return WriteOptions(task, CLASSES, "detector 2", lambda _path: picture, now=NOW, suffix=suffix)


def _make(format_name: str, folder: Path) -> Iterator[Specimen]:
    target = FORMATS[format_name]()
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / "picture.png"
    Image.new("RGB", SIZE, "navy").save(picture)
    for task in sorted(target.tasks):
        for role in sorted(target.roles):
            options = write_options(task, suffix=target.suffix, picture=picture)
            fitted = [target.fit(record, options, Losses()) for record in scene(task, role)]
            records = [record for record in fitted if record is not None]
            if not records:
                continue
            home = folder / f"{task}-{role}"
            home.mkdir()
            place = home / f"scene{target.suffix}" if target.suffix else home
            target.write(place, iter(records), options)
            yield Specimen(f"{format_name} {task} {role}", format_name, task, place, _files_in(home))


def _make_strange(format_name: str, folder: Path) -> Iterator[Specimen]:
    for task, name, text in STRANGE.get(format_name, []):
        home = folder / f"strange-{name}"
        home.mkdir(parents=True)
        (home / name).write_text(text, encoding="utf-8")
        yield Specimen(f"{format_name} {name}", format_name, task, home / name, _files_in(home))


def _files_in(home: Path) -> tuple[tuple[str, bytes], ...]:
    files = sorted(file for file in home.rglob("*") if file.is_file() and file.suffix not in _PICTURES)
    return tuple((file.relative_to(home).as_posix(), file.read_bytes()) for file in files)
