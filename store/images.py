"""The images of a project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from domain.errors import NotFoundError
from domain.image import ImageRef
from store.schema import images
from store.upsert import upsert

_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image with the facts that tell whether its file changed.

    Attributes:
        image: The image.
        position: Its place in the natural order of the folder.
        file_bytes: Size of the file.
        modified_ns: Time of its last change, nanoseconds.
        is_missing: The file is no longer in the folder.
    """

    image: ImageRef
    position: int
    file_bytes: int
    modified_ns: int
    is_missing: bool = False


def save_images(connection: Connection, project_id: int, files: Sequence[ImageFile]) -> None:
    """Add images, or update the ones that are there."""
    rows = [
        {
            "project_id": project_id,
            "image_id": file.image.image_id,
            "position": file.position,
            "uri": file.image.uri,
            "width": file.image.width,
            "height": file.image.height,
            "orientation": file.image.orientation,
            "sha256": file.image.sha256,
            "file_bytes": file.file_bytes,
            "modified_ns": str(file.modified_ns),
            "problem": file.image.problem,
            "is_missing": file.is_missing,
        }
        for file in files
    ]
    upsert(connection, images, rows, key=("project_id", "image_id"))


def list_files(connection: Connection, project_id: int, *, image_ids: Sequence[str] | None = None) -> list[ImageFile]:
    """All images in natural order, or some; missing ones included."""
    query = select(images).where(images.c.project_id == project_id).order_by(images.c.position)
    if image_ids is not None:
        query = query.where(images.c.image_id.in_(image_ids))
    return [_read_file(row) for row in connection.execute(query)]


def iterate_sizes(connection: Connection, project_id: int, *, is_missing: bool) -> Iterator[tuple[str, int, int]]:
    """(image_id, width, height) of the images that are there, or of those that are not, without holding them."""
    query = (
        select(images.c.image_id, images.c.width, images.c.height)
        .where(images.c.project_id == project_id, images.c.is_missing.is_(is_missing))
        .order_by(images.c.position)
        .execution_options(yield_per=_CHUNK)
    )
    for image_id, width, height in connection.execute(query):  # noqa: UP028  a row is not the tuple it looks like
        yield image_id, width, height


def list_turned(connection: Connection, project_id: int) -> dict[str, int]:
    """Image -> EXIF orientation, of the images that it turns."""
    where = (images.c.project_id == project_id, images.c.orientation != 1)
    query = select(images.c.image_id, images.c.orientation).where(*where)
    return {row.image_id: row.orientation for row in connection.execute(query)}


def fetch_image(connection: Connection, project_id: int, image_id: str) -> ImageRef:
    """Return one image.

    Raises:
        NotFoundError: The project has no image of that name.
    """
    query = select(images).where(images.c.project_id == project_id, images.c.image_id == image_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"The project has no image '{image_id}'.", remedy="Import the folder again if it is new.")
    return _read_file(row).image


def count_images(connection: Connection, project_id: int) -> int:
    """How many images there are, missing ones left out."""
    there = (images.c.project_id == project_id, images.c.is_missing.is_(False))
    return connection.scalar(select(func.count()).select_from(images).where(*there)) or 0


def set_sha256(connection: Connection, project_id: int, image_id: str, sha256: str) -> None:
    where = (images.c.project_id == project_id, images.c.image_id == image_id)
    connection.execute(update(images).where(*where).values(sha256=sha256))


def _read_file(row: Row[Any]) -> ImageFile:
    image = ImageRef(
        image_id=row.image_id,
        uri=row.uri,
        width=row.width,
        height=row.height,
        sha256=row.sha256,
        orientation=row.orientation,
        problem=row.problem,
    )
    return ImageFile(image, row.position, row.file_bytes, int(row.modified_ns), row.is_missing)
