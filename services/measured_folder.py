"""The images of a folder that a file speaks about, each decoded once to the end."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from domain.progress import Report
from formats.base import ImageMatch
from formats.image_index import ImageIndex
from services.image_folder import find_images
from services.pictures import inspect_image

_THREADS = 2
_AHEAD = 1000


class MeasuredFolder:
    """The images of a folder, found by the addresses in a file.

    Attributes:
        named: Images that the file speaks about, once `measure` is done.
    """

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self._root = folder.expanduser().absolute()
        self._names = [path.relative_to(self._root).as_posix() for path in find_images(self._root)]
        self._max_pixels = max_pixels
        self._index = ImageIndex(self._names)
        self._widths, self._heights = (array("I", bytes(4 * len(self._names))) for _ in range(2))
        self.named = 0

    def __len__(self) -> int:
        return len(self._names)

    def locate(self, image_urls: Sequence[str]) -> list[tuple[ImageMatch, int]]:
        return self._index.locate(image_urls)

    def size(self, row: int) -> tuple[int, int]:
        return self._widths[row], self._heights[row]

    def measure(self, blocks: Iterator[list[str]], report: Report) -> None:
        """Read the size of every image that is named; that of one that cannot be read stays 0."""
        is_named = bytearray(len(self._names))
        for urls in blocks:
            for url, (_, row) in zip(urls, self.locate(urls), strict=True):
                if url and row >= 0:
                    is_named[row] = 1
        rows = [row for row, named in enumerate(is_named) if named]
        self.named = len(rows)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="relook-images") as pool:
            for start in range(0, len(rows), _AHEAD):
                for done, _ in enumerate(pool.map(self._measure, rows[start : start + _AHEAD]), start + 1):
                    report(done, len(rows))

    def _measure(self, row: int) -> None:
        facts = inspect_image(self._root / self._names[row], max_pixels=self._max_pixels)
        self._widths[row], self._heights[row] = facts.width, facts.height
