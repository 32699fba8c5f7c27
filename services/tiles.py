"""Large pictures for the browser: one reduced view kept on disk, and tiles that are cut when a person zooms in."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from domain.errors import ImageError, InputError, RelookError, StoreError
from domain.image import ImageRef
from domain.progress import Report
from executors.local import Jobs
from services.output_files import replacing
from services.picture_problems import unreadable
from services.picture_pyramid import Level, list_levels, read_tile, write_pyramid
from services.thumbnails import VIEW_SIDE, View, render_view
from services.workspace import Workspace

MOST_BYTES = 8 * 1024**3
"""Disk for the tiles of all projects; those looked at longest ago make room."""

_VERSION = 1
"""Raised when tiles are cut or encoded in another way."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """What a browser needs to ask for tiles.

    Attributes:
        levels: Full size first.
        stamp: Names the state of the file they are cut from.
        is_ready: Whether they can be had; otherwise they are being cut.
        done: Share of the cutting that is done, 0 to 1.
    """

    levels: tuple[Level, ...]
    stamp: str
    is_ready: bool
    done: float


def prepare_tiles(workspace: Workspace, project_id: int, image: ImageRef, path: Path) -> Tiles:
    """Say whether the tiles of an image are there, and have them cut if they are not.

    Args:
        workspace: The workspace.
        project_id: The project.
        image: The image.
        path: Where its file lies now.

    Raises:
        ImageError: The file is gone, cannot be read, or is another picture than was read.
        StoreError: The tiles cannot be written.
    """
    stamp = _stamp(path)
    levels = _levels(image)
    file = _file(workspace, project_id, "tiles", image, stamp)
    key: Hashable = ("tiles", project_id, file.name)
    if file.exists():
        os.utime(file)
        workspace.tiling.forget(key)
        return Tiles(levels, stamp, is_ready=True, done=1.0)
    _raise_failure(workspace.tiling, key)

    def cut(report: Report) -> RelookError | None:
        try:
            _cut(workspace, image, path, file, report)
        except (ImageError, StoreError) as error:
            return error  # told to whom asks next
        return None

    job = workspace.tiling.submit(key, cut, title=f"Full resolution of {image.image_id}", unit="rows")
    return Tiles(levels, stamp, is_ready=False, done=job.done / job.total if job.total else 0.0)


def fetch_tile(
    workspace: Workspace, project_id: int, image: ImageRef, stamp: str, *, number: int, column: int, row: int
) -> bytes:
    """Return one tile, a JPEG; see `picture_pyramid.read_tile`.

    Raises:
        NotFoundError: There is no such tile, or it was not cut.
    """
    file = _file(workspace, project_id, "tiles", image, stamp)
    return read_tile(file, _levels(image), number, column, row)


def fetch_view(workspace: Workspace, project_id: int, image: ImageRef, path: Path) -> View:
    """Return the view of a large image, made once; where it cannot be kept it is made again.

    Raises:
        ImageError: The file is gone or cannot be read.
    """
    file = _file(workspace, project_id, "views", image, _stamp(path))
    try:
        return View(file.read_bytes(), "image/jpeg")
    except OSError:
        view = render_view(path, max_pixels=workspace.settings.max_pixels)
    if view.media_type != "image/jpeg":
        return view
    try:
        with replacing(file) as stream:
            stream.write(view.content)
    except InputError:
        pass  # a full disk makes views slow, and nothing worse
    return view


def _cut(workspace: Workspace, image: ImageRef, path: Path, file: Path, report: Report) -> None:
    if file.exists():  # cut while this one waited
        return
    write_pyramid(
        path,
        file,
        _levels(image),
        size=(image.width, image.height),
        orientation=image.orientation,
        max_pixels=workspace.settings.max_pixels,
        report=report,
    )
    _make_room(workspace.folder("thumbnails"), file)


def _levels(image: ImageRef) -> tuple[Level, ...]:
    return list_levels(image.width, image.height, image.orientation, base=VIEW_SIDE)


def _stamp(path: Path) -> str:
    """Names the content of a file without reading it."""
    try:
        state = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return sha256(f"{_VERSION} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]


def _file(workspace: Workspace, project_id: int, kind: str, image: ImageRef, stamp: str) -> Path:
    """Beside the thumbnails, so that they are counted and deleted with them."""
    name = sha256(f"{stamp} {image.image_id}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return workspace.folder("thumbnails") / str(project_id) / kind / f"{name}.{kind}"


def _raise_failure(jobs: Jobs, key: Hashable) -> None:
    """Tell once why cutting failed; who asks again has it tried again."""
    job = jobs.find(key)
    if job is not None and isinstance(job.result, RelookError):
        jobs.forget(key)
        raise job.result


def _make_room(folder: Path, newest: Path) -> None:
    """Delete the tiles used longest ago until the rest fits; what was cut just now stays."""
    states = [(file.stat(), file) for file in folder.glob("*/tiles/*.tiles") if file != newest]
    room = MOST_BYTES - newest.stat().st_size
    for state, file in sorted(states, key=lambda pair: pair[0].st_mtime, reverse=True):
        room -= state.st_size
        if room < 0:
            file.unlink(missing_ok=True)
