"""Which image of a project each file of its folder is, also when it was moved or renamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from domain.finding import Finding, Severity
from domain.progress import Report
from services.content_hash import hash_file
from services.picture_survey import read_fingerprint
from store.images import ImageFile


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the folder, its place in the order, and the image it is; None when it is new."""

    path: Path
    position: int
    known: ImageFile | None


def recognise(
    folder: Path, paths: Sequence[Path], known: Sequence[ImageFile], report: Report
) -> tuple[list[Found], list[Finding]]:
    """Say which image each file is: by where it was found before, by its relative path, then by its content.

    An image recognised by its content lies under another name than its own, which a new file may bear: that is refused.
    """
    by_place = {file.image.uri: file for file in known}
    by_name = {str(folder / file.image.image_id): file for file in known}
    there = {str(path) for path in paths}
    found: list[Found] = []
    refused: list[Finding] = []
    for position, path in enumerate(paths):
        named = by_name.get(str(path))
        file = by_place.get(str(path)) or named
        if file is not None and file is named and file.image.uri != str(path) and file.image.uri in there:
            refused.append(_name_taken(file, path))
        else:
            found.append(Found(path, position, file))
    return _recognise_content(found, known, report), refused


def _recognise_content(found: Sequence[Found], known: Sequence[ImageFile], report: Report) -> list[Found]:
    """Compare files of unknown names with the images that were not found."""
    seen = {item.known.image.image_id for item in found if item.known is not None}
    lost = _Lost([file for file in known if file.image.image_id not in seen])
    if lost.is_empty():
        return list(found)
    recognised: list[Found] = []
    for done, item in enumerate(found):
        report(done, len(found))
        recognised.append(replace(item, known=lost.take(item.path)) if item.known is None else item)
    return recognised


class _Lost:
    """Images that were not found, by what is known of their content: the hash, else the fingerprint.

    Only files of their size are read. Size and time would not do: files unpacked from one archive share their time, and
    uncompressed ones of a camera their size.
    """

    def __init__(self, files: Sequence[ImageFile]) -> None:
        self._files: dict[str, list[ImageFile]] = {}
        self._hashed, self._sampled = set[int](), set[int]()
        for file in files:
            content = file.image.sha256 or file.fingerprint
            if content:
                self._files.setdefault(content, []).append(file)
                (self._hashed if file.image.sha256 else self._sampled).add(file.file_bytes)

    def is_empty(self) -> bool:
        return not self._files

    def take(self, path: Path) -> ImageFile | None:
        """The image that lies at `path` now; None when it is none of them. The next file like it gets another."""
        try:
            size = path.stat().st_size
        except OSError:
            return None
        same = self._files.get(hash_file(path)) if size in self._hashed else None
        if not same and size in self._sampled:
            same = self._files.get(read_fingerprint(path))
        return same.pop(0) if same else None


def _name_taken(file: ImageFile, path: Path) -> Finding:
    name = file.image.image_id
    message = f"{path.name} is left out: the project knows {Path(file.image.uri).name} as {name}."
    return Finding("FILE", Severity.WARNING, message, file=name, remedy="Rename the new file.")
