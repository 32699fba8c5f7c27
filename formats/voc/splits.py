"""Which split each image belongs to: the lists in ImageSets/Main."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from domain.errors import FormatError, LimitError
from domain.splits import split_of_file
from formats.base.files import read_document
from formats.voc.reading import last_part

_LISTS = ("train.txt", "val.txt", "test.txt")
_LARGEST = 256 * 1024**2


def splits_of_sets(path: Path) -> Callable[[str], str]:
    """Return what tells the split of an image by its name without suffix; empty for one that no list or several name.

    Args:
        path: The data set, its folder "Annotations", or a file in there.
    """
    named: dict[str, str] = {}
    for root in (path, *path.parents[:2]):
        folder = root / "ImageSets" / "Main"
        if folder.is_dir():
            for name in _LISTS:
                for stem in _read_list(folder / name):
                    split = split_of_file(name)
                    named[stem] = split if named.get(stem, split) == split else ""
            break
    return lambda image: named.get(PurePosixPath(last_part(image)).stem, "")


def _read_list(file: Path) -> list[str]:
    """The first word of each line; a second one says whether a class is on the image."""
    if not file.is_file():
        return []
    try:
        text = read_document(file, limit=_LARGEST).decode(errors="replace")
    except (FormatError, LimitError):
        return []
    return [line.split()[0] for line in text.splitlines() if line.strip()]
