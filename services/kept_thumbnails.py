"""Thumbnails, made when they are first asked for. What cannot be shown is noted: nobody decoded the file before."""

from __future__ import annotations

from pathlib import Path

from domain.errors import ImageError
from domain.finding import Finding, Severity
from domain.image import ImageRef
from services.content_hash import read_version
from services.picture_addresses import thumbnail_file
from services.thumbnails import render_thumbnail
from services.workspace import Workspace
from store.findings import add_findings
from store.images import set_problem


def make_thumbnail(workspace: Workspace, project_id: int, image: ImageRef, path: Path) -> None:
    """Make the thumbnail of an image from `path`, where its file lies now.

    A file that turns out to be damaged becomes an unreadable image of the project, with its finding. An import deletes
    the thumbnail of a file that changed.

    Raises:
        ImageError: The image cannot be read.
        StoreError: The thumbnail cannot be written.
    """
    target = thumbnail_file(workspace, project_id, image)
    try:
        render_thumbnail(path, target, max_pixels=workspace.settings.max_pixels)
    except ImageError as error:
        _note_damage(workspace, project_id, image, str(error))
        raise


def unreadable_finding(image_id: str, problem: str) -> Finding:
    """Return the finding about an image that cannot be read."""
    return Finding("UNREADABLE", Severity.ERROR, problem, file=image_id)


def _note_damage(workspace: Workspace, project_id: int, image: ImageRef, problem: str) -> None:
    """Of a file that changed or went since the import, the next import tells."""
    if not image.is_readable or read_version(Path(image.uri)) != image.version:
        return
    with workspace.write() as connection:
        if set_problem(connection, project_id, image.image_id, problem, version=image.version):
            add_findings(connection, project_id, [unreadable_finding(image.image_id, problem)])
