"""Writing a data set: data.yaml, train.txt, labels/ and, for predictions, predictions.txt and predictions/."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import yaml

from domain.errors import InputError
from domain.prediction import Instances
from formats.base import Record, Role, Writing
from formats.base.characters import NOT_IN_JSON, clean
from formats.yolo.layout import LABELS, PREDICTION_LIST, PREDICTIONS, label_path
from formats.yolo.rows import render_row

_TRAIN_LIST = "train.txt"
_NOTE = """\
# Put the images into the folder "images".
# Training should be checked on other images than it learns from: list some in a val.txt of their own.
"""


class DataSetWriter:
    """Writes label files as records come, and data.yaml at the end."""

    def __init__(self, root: Path, classes: Sequence[str]) -> None:
        self._root = root
        self._classes = [clean(name, NOT_IN_JSON) for name in classes]
        self._numbers = {name: number for number, name in reversed(list(enumerate(self._classes)))}
        self._lists: dict[Role, TextIO] = {}
        self._owners: dict[str, str] = {}
        self._files: list[Path] = []
        self._records = self._objects = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self._lists.values():
            stream.close()
        if error is None:
            self._write_facts()

    @property
    def writing(self) -> Writing:
        """What was written."""
        return Writing(tuple(self._files), self._records, self._objects)

    def add(self, record: Record) -> None:
        """Write the rows of one record.

        Raises:
            InputError: Another image would have the same label file, or the place cannot be written to.
        """
        items = record.content.items if isinstance(record.content, Instances) else ()
        image = f"images/{record.image_url}"
        name = label_path(image, PREDICTIONS if record.role is Role.PREDICTION else LABELS)
        owner = self._owners.get(name)
        if owner not in {None, image}:
            raise InputError(
                f"{owner} and {image} would share the label file {name}: YOLO tells images apart by their names "
                "without suffix.",
                remedy="Rename one of the two images, or choose another format.",
            )
        file = self._root / name
        if owner is None:
            self._files.append(file)
            file.parent.mkdir(parents=True, exist_ok=True)
        rows = [render_row(self._numbers[item.label], item) + "\n" for item in items]
        try:
            with file.open("a", encoding="ascii", newline="") as stream:
                stream.writelines(rows)
        except OSError as error:
            raise InputError(f"{name} cannot be written: {error.strerror}.", where=record.image_url) from error
        if owner is None:
            self._owners[name] = image
            self._list_of(record.role).write(f"./{image}\n")
        self._records += 1
        self._objects += len(items)

    def _list_of(self, role: Role) -> TextIO:
        if role not in self._lists:
            name = PREDICTION_LIST if role is Role.PREDICTION else _TRAIN_LIST
            self._lists[role] = (self._root / name).open("w", encoding="utf-8", newline="")
            self._files.insert(0, self._root / name)
        return self._lists[role]

    def _write_facts(self) -> None:
        splits = {"train": _TRAIN_LIST, "val": _TRAIN_LIST} if Role.LABEL in self._lists else {}
        facts = {**splits, "names": dict(enumerate(self._classes))}
        text = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
        file = self._root / "data.yaml"
        file.write_text(_NOTE + text, encoding="utf-8", newline="")
        self._files.insert(0, file)
