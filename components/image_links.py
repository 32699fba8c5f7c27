"""Small pictures that lead to the desk, as HTML for a block of class `rl-behind`."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from domain.image import ImageRef
from domain.project import Project
from services.picture_addresses import picture_address
from services.workspace import Workspace


def link_to_desk(workspace: Workspace, project: Project, image_id: str, image: ImageRef | None, *words: str) -> str:
    """The picture of an image over lines of words, and its name where the mouse rests; no picture where it is gone."""
    link = escape(f"review?{urlencode({'project': project.project_id, 'image': image_id})}")
    name = escape(image_id)
    address = escape(picture_address(workspace, project.project_id, image, "thumbnails")) if image else ""
    picture = f'<img src="{address}" alt="{name}" loading="lazy">' if image else ""
    lines = "".join(f'<span class="rl-grey">{escape(line)}</span>' for line in words)
    return f'<a href="{link}" target="_self" title="{name}">{picture}{lines}</a>'
