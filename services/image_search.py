"""Looking for an image by a part of its path, a page of hits at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from domain.errors import InputError
from services.workspace import Workspace
from store.image_search import Hit, search_images

MOST_FOUND = 50
"""Images of one page of hits."""

LONGEST_TEXT = 500
"""Letters of what is looked for that count."""


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image that bears what was looked for.

    Attributes:
        image_id: The image: its path relative to the folder of the project.
        name: Its file.
        folder: Where the file lies, relative to the folder of the project; empty directly in it.
    """

    image_id: str
    name: str
    folder: str


@dataclass(frozen=True, slots=True)
class FoundImages:
    """One page of hits.

    Attributes:
        images: Those with a file or folder that begins with the text first, then in the order of file names.
        next: Where the next page begins, for `find_images`; None at the end.
    """

    images: tuple[FoundImage, ...]
    next: str | None


def find_images(workspace: Workspace, project_id: int, text: str, *, after: str | None = None) -> FoundImages:
    """Return images whose path holds `text`, without regard to case; at most `MOST_FOUND`.

    Args:
        workspace: The workspace.
        project_id: The project.
        text: What is looked for; empty for all images.
        after: The `next` of the page before.

    Raises:
        InputError: `after` is not a place that a page named.
    """
    place = None if after is None else _read_place(after)
    with workspace.read() as connection:
        hits = search_images(
            connection, project_id, text.replace("\0", "").strip()[:LONGEST_TEXT], after=place, count=MOST_FOUND + 1
        )
    page = hits[:MOST_FOUND]
    more = _write_place(page[-1]) if len(hits) > MOST_FOUND else None
    return FoundImages(tuple(_found(hit.image_id) for hit in page), more)


def _found(image_id: str) -> FoundImage:
    path = PurePosixPath(image_id)
    folder = path.parent.as_posix()
    return FoundImage(image_id, path.name, "" if folder == "." else folder)


def _write_place(hit: Hit) -> str:
    return f"{hit.rank}:{hit.position}:{hit.image_id}"


def _read_place(place: str) -> Hit:
    rank, _, rest = place.partition(":")
    position, _, image_id = rest.partition(":")
    if rank not in {"0", "1"} or not (position.isascii() and position.isdecimal()) or len(position) > 9 or not image_id:
        raise InputError(f"'{place[:80]}' is not a place in a list of hits.", remedy="Search again from the beginning.")
    return Hit(int(rank), int(position), image_id)
