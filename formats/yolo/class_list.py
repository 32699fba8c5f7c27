"""Class names of a data set: data.yaml, or a text with one name a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from domain.errors import FormatError, LimitError
from formats.base.files import read_document
from formats.base.numbers import whole_number
from formats.base.rules import FileReport

YAML_SUFFIXES = (".yaml", ".yml")
TEXT_NAMES = ("classes.txt", "labels/classes.txt", "obj.names", "class_names.txt")
_SPLITS = ("train", "val", "test")
_LARGEST = 1024**2
_NAMES = re.compile(rb"(?m)^['\"]?names['\"]?\s*:")


@dataclass(frozen=True, slots=True)
class DataSetFacts:
    """What stands beside the labels.

    Attributes:
        classes: Names by number; empty when nothing tells.
        splits: "train", "val" and "test" with what each points at, as written.
        has_keypoints: Rows go on with keypoints.
    """

    classes: Mapping[int, str] = field(default_factory=dict[int, str])
    splits: tuple[tuple[str, str], ...] = ()
    has_keypoints: bool = False


def find_yaml(root: Path) -> Path | None:
    """The YAML file of a data set: data.yaml, else the first one that speaks of names."""
    try:
        found = sorted(file for file in root.iterdir() if file.suffix.lower() in YAML_SUFFIXES and file.is_file())
    except OSError:
        return None
    found.sort(key=lambda file: file.stem != "data")
    return next((file for file in found if _speaks_of_names(file)), None)


def read_facts(root: Path, report: FileReport) -> DataSetFacts:
    """Read data.yaml, else a list of names; what cannot be read is noted as EX001 or EX003."""
    file = find_yaml(root)
    if file is not None:
        return _read_yaml(file, report)
    for name in TEXT_NAMES:
        if (root / name).is_file():
            names = [line.strip() for line in _read_text(root / name, report).splitlines()]
            while names and not names[-1]:
                names.pop()
            return DataSetFacts(dict(enumerate(names)))
    return DataSetFacts()


def _speaks_of_names(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return _NAMES.search(stream.read(_LARGEST)) is not None
    except OSError:
        return False


def _read_text(file: Path, report: FileReport) -> str:
    try:
        return read_document(file, limit=_LARGEST).decode()
    except (FormatError, LimitError) as error:
        report.add("EX001", error.message, remedy=error.remedy, file=file.name)
    except UnicodeDecodeError:
        report.add("EX001", "The file is not UTF-8 text.", remedy="Save the file as UTF-8.", file=file.name)
    return ""


def _read_yaml(file: Path, report: FileReport) -> DataSetFacts:
    try:
        # Every scalar stays text: a class named no, 1 or null keeps its name. BaseLoader makes texts, lists and dicts.
        document = yaml.load(_read_text(file, report), Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        message = f"This is not YAML: {error.problem or 'it cannot be read'}."
        report.add("EX001", message, line=line, column=column, remedy="Mend it there.", file=file.name)
        return DataSetFacts()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        message = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        report.add("EX001", f"This is not YAML that can be read: {message}.", file=file.name)
        return DataSetFacts()
    if not isinstance(document, dict):
        report.add("EX003", "The file holds no keys; expected names, train and val.", file=file.name)
        return DataSetFacts()
    splits = [(key, value) for key in _SPLITS for value in _texts(document.get(key))]
    return DataSetFacts(_read_names(document.get("names"), file, report), tuple(splits), "kpt_shape" in document)


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _read_names(names: Any, file: Path, report: FileReport) -> dict[int, str]:
    if isinstance(names, list):
        pairs: list[tuple[Any, Any]] = list(enumerate(names))
    elif isinstance(names, dict):
        pairs = [(whole_number(key) if isinstance(key, str) else None, name) for key, name in names.items()]
    else:
        pairs = [(None, None)]
    found = {number: name for number, name in pairs if isinstance(number, int) and isinstance(name, str)}
    if len(found) < len(pairs):
        message = "names is neither a list of names nor numbers with names."
        report.add("EX004", message, remedy="Write names: {0: first, 1: second}.", file=file.name)
    return dict(sorted(found.items()))
