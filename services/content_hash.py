"""The hash of an image file: computed when something needs it, then kept with the image."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from threading import Lock

from domain.errors import StoreError
from domain.image import ImageRef, version_of
from services.workspace import Workspace
from store.images import set_sha256

_ROOM = 4096
"""Hashes held at once, for images of no project and for those whose file changed since the import."""

_held: OrderedDict[tuple[Path, str], str] = OrderedDict()
_lock = Lock()


def content_hash(image: ImageRef) -> str:
    """Return the SHA-256 of an image's file as it is now; empty when there is no such file.

    Maps and their figures are kept by it: they cost seconds, so they are to be found again after the file was copied
    without its time, and never for another picture. The stored hash counts while size and time of the file are those
    that it was computed for; a file that changed since is read anew.
    """
    path = Path(image.uri)
    if image.sha256 and not image.version:  # of no project: whoever made it knows its content
        return image.sha256
    version = read_version(path)
    if not version or (image.sha256 and version == image.version):
        return image.sha256
    with _lock:
        held = _held.get((path, version))
    return held or _hold(path, version)


def keep_hash(workspace: Workspace, project_id: int, image: ImageRef, sha256: str) -> None:
    """Store a hash with its image, unless the file is another than the one that was imported.

    It can be computed again: a database that may not be written, or is full, keeps nobody from what the hash is for.
    """
    if sha256 and sha256 != image.sha256 and image.version and read_version(Path(image.uri)) == image.version:
        with suppress(StoreError), workspace.write() as connection:
            set_sha256(connection, project_id, image.image_id, sha256, version=image.version)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file; empty when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _hold(path: Path, version: str) -> str:
    found = hash_file(path)
    if found and read_version(path) == version:  # it was not written to meanwhile
        with _lock:
            _held[path, version] = found
            while len(_held) > _ROOM:
                _held.popitem(last=False)
    return found


def read_version(path: Path) -> str:
    """Return the version of a file as it is now, see `version_of`; empty when there is none."""
    try:
        state = path.stat()
    except OSError:
        return ""
    return version_of(state.st_size, state.st_mtime_ns)
