"""The files of maps on disk: names that any file system takes, and the index beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from domain.errors import InputError
from services.output_files import replacing

INDEX = "index.jsonl"
BEST = "top"
"""Stands for the highest score where a class would stand."""

_FORBIDDEN = frozenset('/\\:*?"<>|%')
_LONGEST_LABEL = 60
_LONGEST_NAME = 150


def name_map(image_id: str, method: str, target: str) -> str:
    """Return `<image_id>.<method>.<target>`, POSIX folders kept, the file name cut where it is too long."""
    folder, slash, name = image_id.rpartition("/")
    return f"{folder}{slash}{_shorten(name, _LONGEST_NAME)}.{method}.{target}"


def safe_name(label: str) -> str:
    """A class name as a part of a file name; a mark tells apart what would become equal to another."""
    safe = "".join("_" if sign in _FORBIDDEN or not sign.isprintable() else sign for sign in label).strip(" .")
    return _shorten(safe, _LONGEST_LABEL, mark=label if safe != label or safe == BEST else "")


def _shorten(text: str, most: int, *, mark: str = "") -> str:
    if not mark and len(text.encode()) <= most:
        return text
    cut = text.encode()[:most].decode(errors="ignore")
    return f"{cut}-{sha256((mark or text).encode()).hexdigest()[:6]}"


class MapIndex:
    """index.jsonl: every finished map has its line at once; at the end one line is left for each name."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stream = file.open("a+", encoding="utf-8")
        self._stream.seek(0)
        self._entries = {entry["name"]: entry for entry in map(_parse, self._stream) if entry}

    def find(self, name: str) -> Mapping[str, Any]:
        """The line of a map, empty when there is none."""
        return self._entries.get(name, {})

    def add(self, entry: dict[str, Any]) -> None:
        """Write the line of one map, which its `name` tells from others."""
        self._entries[entry["name"]] = entry
        self._stream.write(_line(entry))
        self._stream.flush()

    def close(self) -> None:
        """Leave one line for each name, the newest."""
        self._stream.close()
        with replacing(self._file) as stream:
            for entry in self._entries.values():
                stream.write(_line(entry).encode())


@contextmanager
def opened_index(out: Path) -> Iterator[MapIndex]:
    """The index of a folder of maps, tidied when the block ends, however it ends.

    Raises:
        InputError: The one of an earlier run cannot be read, or the folder may not be written to.
    """
    try:
        index = MapIndex(out / INDEX)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The index of an earlier run cannot be read: {error}.",
            where=str(out / INDEX),
            remedy="Delete it, or choose another folder.",
        ) from error
    try:
        yield index
    finally:
        index.close()


def _parse(line: str) -> dict[str, Any] | None:
    """The entry of a line; None for a torn one."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("name"), str) else None


def _line(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False) + "\n"
