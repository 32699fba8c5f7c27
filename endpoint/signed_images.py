"""From a signed address to the image it names and to its file."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request

from domain.errors import NotFoundError
from domain.image import ImageRef
from services.image_folder import locate_image
from services.picture_addresses import is_ours
from services.projects import fetch_project
from services.review import fetch_image
from services.workspace import Workspace

# An address changes with the file it leads to, so what it gives never does.
FOR_GOOD = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def find_image(workspace: Workspace, request: Request, kind: str) -> ImageRef:
    """Return the image an address of `kind` names; what is not ours and what is not there look the same from outside.

    Raises:
        NotFoundError: The address is not ours, or the project has no such image.
    """
    query, project_id = request.query_params, request.path_params["project_id"]
    image_id, version = query.get("image_id", ""), query.get("v", "")
    signature = query.get("s", "")
    if not is_ours(workspace, project_id, kind, image_id=image_id, version=version, signature=signature):
        raise NotFoundError("There is no picture at this address.", remedy="Reload the page.")
    return fetch_image(workspace, project_id, image_id)


def locate_file(workspace: Workspace, request: Request, image: ImageRef) -> Path:
    """Return where the file lies; one that became a link out of the image folder since it was read is not served.

    Raises:
        ImageError: It leads out of the folder.
    """
    folder = Path(fetch_project(workspace, request.path_params["project_id"]).image_folder)
    file = Path(image.uri)
    is_under = file.is_relative_to(folder)  # it is not while a folder was relinked and not yet read
    return locate_image(folder, file.relative_to(folder).as_posix()) if is_under else file
