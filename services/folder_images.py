"""The image files of a folder as formats ask for them: by the address a file gives, with size and orientation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from domain.errors import ImageError
from formats.base import ImageFacts, ImageMatch
from formats.image_index import ImageIndex
from services.image_findings import as_shown
from services.image_folder import find_images
from services.picture_decode import read_header


class FolderImages:
    """Finds image files by addresses and reads their headers, each once.

    Attributes:
        paths: Relative POSIX path -> file.
    """

    def __init__(self, paths: Mapping[str, Path], *, max_pixels: int) -> None:
        self.paths = paths
        self._max_pixels = max_pixels
        self._index = ImageIndex(paths)
        self._facts: dict[str, ImageFacts | None] = {}

    def match(self, address: str) -> ImageMatch:
        """Which file an address means."""
        return self._index.find(address)

    def find(self, address: str) -> ImageFacts | None:
        """Facts about the one image an address means; None when there is none, several, or it cannot be read."""
        path = self._index.find(address).path if address else None
        if path is None:
            return None
        if path not in self._facts:
            self._facts[path] = self._read(path)
        return self._facts[path]

    def file(self, path: str) -> Path | None:
        """The file of a relative path."""
        return self.paths.get(path)

    def _read(self, path: str) -> ImageFacts | None:
        try:
            facts = read_header(self.paths[path], max_pixels=self._max_pixels).facts
        except ImageError:
            return None
        return ImageFacts(path, facts.width, facts.height, facts.orientation)


def open_folder(folder: Path | None, *, max_pixels: int) -> FolderImages | None:
    """The images below a folder; None for None.

    Raises:
        InputError: The folder is missing or holds no image.
    """
    if folder is None:
        return None
    root = folder.expanduser().absolute()
    paths = {path.relative_to(root).as_posix(): path for path in find_images(root)}
    return FolderImages(paths, max_pixels=max_pixels)


def finder(images: FolderImages | None, *, upright: bool) -> Callable[[str], ImageFacts | None]:
    """What readers ask for facts about an image: its size is that on the grid the format's tools show."""

    def find(address: str) -> ImageFacts | None:
        facts = images.find(address) if images is not None else None
        return None if facts is None else as_shown(facts, is_upright=upright)

    return find
