"""The images of a project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from domain.errors import NotFoundError
from domain.image import ImageRef, version_of
from store.facts import follow_images
from store.image_tags import read_tags
from store.schema import images
from store.upsert import upsert

_CHUNK = 10_000
_ONE = select(images).where(images.c.project_id == bindparam("project"), images.c.image_id == bindparam("name"))
_TO_HOLD = _ONE.with_for_update()


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image with the facts that tell whether its file changed.

    Attributes:
        image: The image.
        position: Its place in the natural order of the folder.
        file_bytes: Size of the file.
        modified_ns: Time of its last change, nanoseconds.
        is_missing: The file is no longer in the folder.
        fingerprint: A stand-in for the content, read at import; empty for one imported by an earlier Relook, and for
            one that cannot be read.
    """

    image: ImageRef
    position: int
    file_bytes: int
    modified_ns: int
    is_missing: bool = False
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class FileCounts:
    """How many files there are.

    Attributes:
        there: Images whose file is in the folder.
        unreadable: Of these, the ones that cannot be read.
        turned: Of these, the ones that their EXIF tag turns.
        missing: Images whose file is gone.
        duplicates: Images that are there whose file equals another one, as their fingerprints tell.
    """

    there: int
    unreadable: int
    turned: int
    missing: int
    duplicates: int


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
            "fingerprint": file.fingerprint,
        }
        for file in files
    ]
    upsert(connection, images, rows, key=("project_id", "image_id"))
    if files:
        follow_images(connection, project_id, [(file.image.image_id, file.position, file.is_missing) for file in files])


def list_files(connection: Connection, project_id: int, *, image_ids: Sequence[str] | None = None) -> list[ImageFile]:
    """All images in natural order, or some; missing ones included."""
    query = select(images).where(images.c.project_id == project_id)
    if image_ids is None:
        return [_read_file(row) for row in connection.execute(query.order_by(images.c.position))]
    # Sorted here: asked for some images in order, SQLite would walk along the order through all.
    some = connection.execute(query.where(images.c.image_id.in_(image_ids)))
    return sorted(map(_read_file, some), key=lambda file: (file.position, file.image.image_id))


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
    row = connection.execute(_ONE, {"project": project_id, "name": image_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"The project has no image '{image_id}'.", remedy="Import the folder again if it is new.")
    return _read_file(row).image


def lock_image(connection: Connection, project_id: int, image_id: str) -> ImageFile | None:
    """Hold up everybody else who wants to decide about an image until this transaction ends.

    In SQLite one transaction writes at a time anyway.

    Returns:
        The image as it is now; None when the project has none of that name.
    """
    row = connection.execute(_TO_HOLD, {"project": project_id, "name": image_id}).one_or_none()
    return None if row is None else _read_file(row)


def count_files(connection: Connection, project_id: int) -> FileCounts:
    """Count the files of a project in one walk through its images."""
    is_there = images.c.is_missing.is_(False)
    known = images.c.fingerprint != ""
    query = select(
        func.count().filter(is_there),
        func.count().filter(is_there, images.c.problem != ""),
        func.count().filter(is_there, images.c.orientation != 1),
        func.count().filter(images.c.is_missing),
        func.count().filter(is_there, known),
        func.count(images.c.fingerprint.distinct()).filter(is_there, known),
    ).where(images.c.project_id == project_id)
    there, unreadable, turned, missing, readable, different = connection.execute(query).one()
    return FileCounts(there, unreadable, turned, missing, readable - different)


def list_readable(connection: Connection, project_id: int, *, count: int) -> list[ImageRef]:
    """The first images that are there and can be read, in natural order."""
    query = select(images).where(
        images.c.project_id == project_id, images.c.is_missing.is_(False), images.c.problem == ""
    )
    return [_read_file(row).image for row in connection.execute(query.order_by(images.c.position).limit(count))]


def sample_sizes(connection: Connection, project_id: int, *, count: int) -> list[tuple[int, int, int]]:
    """(width, height, orientation) of about so many images, evenly from the whole folder."""
    last = connection.scalar(select(func.max(images.c.position)).where(images.c.project_id == project_id)) or 0
    places = sorted({last * number // max(1, count - 1) for number in range(count)})
    query = select(images.c.width, images.c.height, images.c.orientation).where(
        images.c.project_id == project_id, images.c.position.in_(places)
    )
    return [(row.width, row.height, row.orientation) for row in connection.execute(query)]


def set_sha256(connection: Connection, project_id: int, image_id: str, sha256: str, *, version: str) -> bool:
    """Keep the hash of a file; False when the project knows another version of the file by now."""
    return _set_of_version(connection, project_id, image_id, {"sha256": sha256}, version=version)


def set_problem(connection: Connection, project_id: int, image_id: str, problem: str, *, version: str) -> bool:
    """Keep why a file cannot be read; False when that is known, or the project knows another version by now."""
    return _set_of_version(connection, project_id, image_id, {"problem": problem}, version=version)


def _set_of_version(
    connection: Connection, project_id: int, image_id: str, values: Mapping[str, str], *, version: str
) -> bool:
    file = lock_image(connection, project_id, image_id)
    if file is None or file.image.version != version or not file.image.is_readable:
        return False
    where = (images.c.project_id == project_id, images.c.image_id == image_id)
    connection.execute(update(images).where(*where).values(**values))
    return True


def _read_file(row: Row[Any]) -> ImageFile:
    image = ImageRef(
        image_id=row.image_id,
        uri=row.uri,
        width=row.width,
        height=row.height,
        sha256=row.sha256,
        tags=read_tags(row.tags),
        orientation=row.orientation,
        problem=row.problem,
        version=version_of(row.file_bytes, int(row.modified_ns)),
    )
    return ImageFile(image, row.position, row.file_bytes, int(row.modified_ns), row.is_missing, row.fingerprint)
