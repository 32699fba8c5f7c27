"""The images of a project, found by the addresses in files."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from formats.base import ImageMatch
from formats.image_index import ImageIndex
from services.workspace import Workspace
from store.images import iterate_sizes


class ProjectImages:
    """The images of a project, found by the addresses in files; one that is missing keeps its lines."""

    def __init__(self, workspace: Workspace, project_id: int) -> None:
        self._widths, self._heights = array("I"), array("I")
        self._there = ImageIndex(self._read(workspace, project_id, is_missing=False))
        self._present = len(self._widths)
        self._missing = ImageIndex(self._read(workspace, project_id, is_missing=True))

    def _read(self, workspace: Workspace, project_id: int, *, is_missing: bool) -> Iterator[str]:
        with workspace.read() as connection:
            for image_id, width, height in iterate_sizes(connection, project_id, is_missing=is_missing):
                self._widths.append(width)
                self._heights.append(height)
                yield image_id

    def __len__(self) -> int:
        return len(self._widths)

    def locate(self, image_urls: Sequence[str]) -> list[tuple[ImageMatch, int]]:
        """For each address its image and the number of that, -1 for none; an empty address has none.

        Of an image that is there and one that is missing, the first counts unless more of the path speaks.
        """
        found = self._there.locate(image_urls)
        if self._present < len(self._widths):
            for number, (match, row) in enumerate(self._missing.locate(image_urls)):
                if match.parts > found[number][0].parts:
                    found[number] = match, row + self._present if row >= 0 else -1
        return [pair if url else (ImageMatch(None), -1) for url, pair in zip(image_urls, found, strict=True)]

    def size(self, row: int) -> tuple[int, int]:
        """The (width, height) of image `row` in stored pixels, 0 when it cannot be read."""
        return self._widths[row], self._heights[row]
