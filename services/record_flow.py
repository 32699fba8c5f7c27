"""From the records of one format to records another one can take: named, sized and turned for the target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote

from domain.orientation import (
    upright_size,
)
from domain.prediction import Content
from formats.base import Format, ImageFacts, Record
from formats.image_index import path_of
from services.turning import to_stored_grid, to_upright


class KnowsImages(Protocol):
    """What tells about image files: a folder, or a project."""

    def find(self, address: str) -> ImageFacts | None:
        """Facts about the one image an address means."""
        ...

    def file(self, path: str) -> Path | None:
        """The file of a relative path."""
        ...


@dataclass(frozen=True, slots=True)
class Flow:
    """How records get from one format into another.

    Attributes:
        source: Where they come from; None for a project, whose content is on the stored grid.
        target: Where they go.
        images: What tells about image files, when there is something.
        url_prefix: Precedes the path of images that the source names by path only, for targets that want addresses.
    """

    source: Format | None
    target: Format
    images: KnowsImages | None = None
    url_prefix: str = ""

    def pass_on(self, record: Record) -> Record:
        """Return the record as the target's `fit` takes it."""
        facts = self.images.find(record.image_url) if self.images is not None else None
        same = self.keeps_lines
        if same and facts is None and not self.url_prefix:
            return record
        orientation = facts.orientation if facts is not None else 1
        name = self._name(record.image_url, facts)
        return replace(
            record,
            text=record.text if same and name == record.image_url else "",
            fields=record.fields if same else {},
            findings=record.findings if same else (),
            image_url=name,
            size=self._size(record, facts),
            content=self._turn(record.content, orientation),
        )

    def name_of(self, address: str) -> str:
        """What the target calls the image that an address names."""
        facts = self.images.find(address) if self.images is not None else None
        return self._name(address, facts)

    @property
    def keeps_lines(self) -> bool:
        """Whether lines stay lines: an image that stands twice in the source stands twice in the target."""
        return self.source is not None and self.source.name == self.target.name

    @property
    def _turns(self) -> bool:
        return (self.source is not None and self.source.is_upright) != self.target.is_upright

    def _name(self, address: str, facts: ImageFacts | None) -> str:
        if self.target.wants_addresses and "://" in address:
            return address
        path = facts.path if facts is not None else relative_path(address)
        return f"{self.url_prefix.rstrip('/')}/{path}" if self.target.wants_addresses and self.url_prefix else path

    def _size(self, record: Record, facts: ImageFacts | None) -> tuple[int, int] | None:
        if facts is None:
            return record.size
        stored = (facts.width, facts.height)
        return upright_size(*stored, facts.orientation) if self.target.is_upright else stored

    def _turn(self, content: Content | None, orientation: int) -> Content | None:
        if not self._turns or content is None:
            return content
        turn = to_upright if self.target.is_upright else to_stored_grid
        return turn(content, orientation)


def relative_path(address: str) -> str:
    """The path an address names an image by, as a plain relative one: no scheme, no root, no way out of a folder."""
    path = unquote(path_of(address)) if "://" in address else path_of(address)
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return "/".join(part for part in parts if part not in {"/", ".", ".."} and not part.endswith(":"))
