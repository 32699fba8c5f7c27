"""Where the browser finds the pictures of a project: signed addresses that stay the same while the file does."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from domain.image import ImageRef
from services.access import is_signed, sign
from services.thumbnails import MOST_PIXELS_AS_THEY_ARE, thumbnail_path
from services.workspace import Workspace

KINDS = ("images", "thumbnails")


def picture_address(workspace: Workspace, project_id: int, image: ImageRef, kind: str) -> str:
    """Return the address of what belongs to an image.

    Args:
        workspace: The workspace.
        project_id: The project.
        image: The image.
        kind: The picture ("images"), the thumbnail ("thumbnails"), the kept view of a large picture ("views"), or where
            its tiles are ("tiles").
    """
    version = image.version or "0"
    signature = sign(workspace.secret, kind, str(project_id), image.image_id, version)
    query = urlencode({"image_id": image.image_id, "v": version, "s": signature})
    return f"/api/projects/{project_id}/{kind}?{query}"


def view_address(workspace: Workspace, project_id: int, image: ImageRef) -> str:
    """Return the address of the picture as the desk shows it: as it is, or one reduced view of a large one."""
    return picture_address(workspace, project_id, image, "views" if is_large(image) else "images")


def is_large(image: ImageRef) -> bool:
    """Whether the picture is shown reduced, and in tiles where a person zooms in."""
    return image.width * image.height > MOST_PIXELS_AS_THEY_ARE


def is_ours(workspace: Workspace, project_id: int, kind: str, *, image_id: str, version: str, signature: str) -> bool:
    """Whether an address was made by `picture_address`."""
    return is_signed(workspace.secret, signature, kind, str(project_id), image_id, version)


def thumbnail_file(workspace: Workspace, project_id: int, image: ImageRef) -> Path:
    """Where the thumbnail of an image lies, made or not."""
    return thumbnail_path(workspace.folder("thumbnails") / str(project_id), image.image_id)
