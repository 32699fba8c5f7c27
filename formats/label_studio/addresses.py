"""How tasks name images: addresses, uploaded files, files of a local storage."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from formats.base.annotation_files import IMAGE_SUFFIXES

_LOCAL = "/data/local-files/"
_UPLOADED = re.compile(r"(?:^|/)data/upload/(?:\d+/)?(?:[0-9a-f]{8}-)?([^/]+)$")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def image_of(address: str) -> str:
    """The path or address of an image from what a task says: "/data/local-files/?d=photos/1.jpg" -> "photos/1.jpg".

    Of uploaded files the 8 letters that Label Studio puts in front are taken off.
    """
    try:
        parts = urlsplit(address)
        wanted = parse_qs(parts.query).get("d", [""])[0] if parts.path.endswith(_LOCAL) else ""
    except ValueError:
        return address
    if wanted:
        return wanted
    uploaded = _UPLOADED.search(parts.path) if not parts.query and not parts.fragment else None
    return unquote(uploaded[1]) if uploaded is not None else address


def address_of(image: str) -> str:
    """What a task says for an image: addresses as they are, paths as files of a local storage."""
    return image if _ADDRESS.match(image) else f"{_LOCAL}?d={quote(image, safe='/')}"


def find_address(data: Any) -> str:
    """The address among the data of a task: under "image", else the first text that ends like an image."""
    if not isinstance(data, dict):
        return ""
    if isinstance(data.get("image"), str):
        return data["image"]
    texts = [value for value in data.values() if isinstance(value, str)]
    return next((text for text in texts if text.lower().split("?", 1)[0].endswith(IMAGE_SUFFIXES)), "")
