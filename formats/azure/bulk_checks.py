"""All findings of a label file that is read block by block, held against its images where there are some."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Protocol

from domain.finding import Finding
from domain.prediction import Task
from formats.azure.bulk import Block
from formats.azure.validate import LinePlace, judge_image
from formats.base import ImageMatch


class Images(Protocol):
    """Image files found by the addresses of lines."""

    def __len__(self) -> int: ...

    def locate(self, image_urls: Sequence[str]) -> list[tuple[ImageMatch, int]]:
        """For each address its image and the number of that, -1 for none."""
        ...

    def size(self, row: int) -> tuple[int, int]:
        """The (width, height) of image `row` in stored pixels, 0 when it cannot be read."""
        ...


class BulkChecker:
    """Checks what `formats.azure.validate` checks, with 12 bytes an image."""

    def __init__(self, file: str, task: Task | None, images: Images | None) -> None:
        self._file = file
        self._task = task
        self._images = images
        count = 0 if images is None else len(images)
        self._first_lines = array("I", bytes(4 * count))
        self._first_urls = array("q", bytes(8 * count))

    def locate(self, block: Block) -> list[tuple[ImageMatch, int]]:
        """The image of every line; a line without address has none."""
        if self._images is None:
            return [(ImageMatch(None), -1)] * len(block)
        found = self._images.locate(block.urls)
        return [pair if url else (ImageMatch(None), -1) for url, pair in zip(block.urls, found, strict=True)]

    def check(self, block: Block, located: Sequence[tuple[ImageMatch, int]]) -> Iterator[Finding]:
        """Yield what is wrong with the lines of a block, in order.

        Args:
            block: The next block of the file.
            located: What `locate` gave for it.
        """
        is_quick = self._images is None and self._task is not Task.SEGMENTATION
        chosen = {*block.findings, *(i for i, record in enumerate(block.records) if record is not None)}
        for index in sorted(chosen) if is_quick else range(len(block)):
            yield from block.findings_of(index)
            yield from block.crossings_of(index, file=self._file, task=self._task)
            if self._images is not None and block.urls[index]:
                yield from self._check_image(self._images, block, index, located[index])

    def _check_image(self, images: Images, block: Block, index: int, located: tuple[ImageMatch, int]) -> list[Finding]:
        match, row = located
        size = images.size(row) if row >= 0 else (0, 0)
        declared = block.size_of(index)
        first = self._first_line(row, block.numbers[index], block.urls[index]) if row >= 0 and all(size) else 0
        if row >= 0 and not match.remark and all(size) and declared in (None, size) and not first:
            return []
        place = LinePlace(self._file, block.numbers[index], block.urls[index], block.text_of(index))
        return judge_image(place, match, size=size, declared=declared, first_line=first)

    def _first_line(self, row: int, line: int, url: str) -> int:
        """The earlier line that names the image by another address; 0 without one."""
        if not self._first_lines[row]:
            self._first_lines[row], self._first_urls[row] = line, hash(url)
        return 0 if self._first_urls[row] == hash(url) else self._first_lines[row]
