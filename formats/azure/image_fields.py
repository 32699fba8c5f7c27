"""The keys of a line that are about the image: image_url and image_details (formats.md 1.0 and 1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from formats.azure.report import LineReport, printable, shown

KNOWN_KEYS = frozenset({"image_url", "image_details", "label"})
_KNOWN_DETAILS = frozenset({"format", "width", "height"})
KNOWN_FORMATS = frozenset({"jpg", "jpeg", "png", "jpe", "jfif", "bmp", "tif", "tiff"})
_PIXELS = re.compile(r"\s*(\d{1,9})\s*(?:px)?\s*", re.IGNORECASE)
_WHOLE_FLOAT = re.compile(r"\s*(\d{1,9})\.0+\s*(?:px)?\s*", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_LONG_PARTS = ("subscriptions", "resourcegroups", "workspaces", "datastores", "paths")


def read_image_url(fields: Mapping[str, Any], report: LineReport) -> str:
    """Return the image_url, noting what is wrong with it; empty when there is none."""
    url = fields.get("image_url")
    if type(url) is str and is_usual_url(url):
        return url
    if not isinstance(url, str) or not url.strip():
        _note_missing(fields, report)
        return ""
    _check_address(url, report)
    return url


def is_usual_url(url: str) -> bool:
    """Whether an address needs no closer look."""
    return url.startswith("azureml://") and "/paths/" in url and "//" not in url[10:]


def _note_missing(fields: Mapping[str, Any], report: LineReport) -> None:
    if "image_url" in fields:
        message = f"image_url is {shown(fields['image_url'])}; expected the address of the image as text."
        report.add("JL002", message, path=["image_url"], remedy="Write the address of the image.")
        return
    other = next((key for key in ("imageUrl", "filename", "image", "file_name", "url") if key in fields), "")
    message = f"The key image_url is missing{f'; there is {other}' if other else ''}."
    remedy = f"Rename {other} to image_url." if other else "Add image_url with the address of the image."
    report.add("JL002", message, remedy=remedy)


def _check_address(url: str, report: LineReport) -> None:
    head, found, tail = url.partition("/paths/")
    if url.lower().startswith("azureml://subscriptions/") and found:
        _check_long_address(head + found, report)
    elif url.startswith("azureml://datastores/") and found and tail:
        return
    elif not (url.startswith("AmlDatastore://") and "/" in url[15:].strip("/")):
        scheme = _SCHEME.match(url)
        report.remark("url", detail=scheme.group() if scheme else "no scheme", path=["image_url"])


def _check_long_address(head: str, report: LineReport) -> None:
    parts = head[len("azureml://") :].split("/")
    for index, name in enumerate(parts[:-1]):
        if name.lower() in _LONG_PARTS and not parts[index + 1] and name != "paths":
            message = (
                f"image_url has nothing behind '{name}/'; expected azureml://subscriptions/<id>/resourcegroups/..."
            )
            remedy = "Copy the whole address; web pages swallow the parts in angle brackets."
            report.add("JL002", message, path=["image_url"], remedy=remedy)
            return


def read_image_details(fields: Mapping[str, Any], report: LineReport) -> None:
    """Check image_details and keep the declared size in the report."""
    details = fields.get("image_details")
    if details is None:
        return
    if not isinstance(details, dict):
        message = f"image_details is {shown(details)}; expected an object with format, width and height."
        report.add("JL009", message, path=["image_details"], remedy="Mend or remove it; Azure does not read it.")
        return
    for key in [key for key in details if key not in _KNOWN_DETAILS]:
        report.remark("unknown key", detail=printable(f"image_details.{key}"), path=["image_details", key])
    image_format = details.get("format")
    if image_format is not None and not (isinstance(image_format, str) and image_format in KNOWN_FORMATS):
        report.remark("image format", detail=shown(image_format), path=["image_details", "format"])
    width, height = (_read_side(details, key, report) for key in ("width", "height"))
    report.size = (width, height) if width and height else None


def declared_size(fields: Mapping[str, Any]) -> tuple[int, int] | None:
    """The (width, height) in pixels that a line declares, or None; "400px" and 400 are both understood."""
    details = fields.get("image_details")
    if not isinstance(details, dict):
        return None
    width, height = parse_pixels(details.get("width")), parse_pixels(details.get("height"))
    return (width, height) if width and height else None


def parse_pixels(value: Any) -> int | None:
    """A positive number of pixels, or None: 400, "400", "400px", and the unusual 400.0 and "400.0px"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value > 0 else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and value > 0 else None
    if isinstance(value, str):
        match = _PIXELS.fullmatch(value) or _WHOLE_FLOAT.fullmatch(value)
        return int(match.group(1)) or None if match else None
    return None


def is_plain_side(value: Any) -> bool:
    """Whether nothing is to say about a declared width or height; one that is not there is fine too."""
    if isinstance(value, str):
        return _PIXELS.fullmatch(value) is not None and parse_pixels(value) is not None
    return type(value) is not int or 0 < value < 1 << 63  # the fast parser makes floats of larger ones


def _read_side(details: Mapping[str, Any], key: str, report: LineReport) -> int | None:
    value = details.get(key)
    pixels = parse_pixels(value)
    if value is None or (pixels and type(value) is int):
        return pixels
    if pixels is None:
        message = f'image_details.{key} is {shown(value)}; expected a positive whole number such as 400 or "400px".'
        report.add("JL009", message, path=["image_details", key], remedy="Mend or remove it; Azure does not read it.")
    elif not (isinstance(value, str) and _PIXELS.fullmatch(value)):
        message = f"image_details.{key} is {shown(value)}, read as {pixels}; expected a whole number."
        report.add("JL009", message, path=["image_details", key], remedy=f"Write {pixels}.")
    return pixels
