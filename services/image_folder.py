"""The images of a folder: found by suffix, in natural order, never outside the folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from domain.errors import ImageError, InputError
from domain.finding import Finding, Severity
from services.picture_decode import IMAGE_SUFFIXES

_PICTURE_NAME = re.compile(
    r"\.(heic|heif|hif|jxl|jxr|svg|eps|ps|ai|psd|xcf|dng|cr2|cr3|nef|arw|orf|raf|rw2|dcm|exr|hdr|wmf|emf|ico|icns|dds"
    r"|avif|avifs|webp|jp2|tiff?)$",
    re.IGNORECASE,
)
"""Pictures a person may expect to see, besides IMAGE_SUFFIXES; the last line are those not every Pillow reads."""


@dataclass(frozen=True, slots=True)
class FolderScan:
    """What lies in an image folder.

    Attributes:
        images: Absolute paths under the folder, in natural order (img2 before img10).
        refused: Pictures and folders left out, each with its reason.
        other_files: Count of files that are no pictures by their suffix.
    """

    images: tuple[Path, ...]
    refused: tuple[Finding, ...]
    other_files: int


def find_images(folder: Path) -> list[Path]:
    """The images of a folder and its subfolders, in natural order.

    Raises:
        InputError: The folder does not exist, cannot be opened, or holds no image.
    """
    scan = scan_folder(folder)
    if scan.images:
        return list(scan.images)
    others = "1 other file" if scan.other_files == 1 else f"{scan.other_files or 'no'} other files"
    refused = f" and {len(scan.refused)} left out; {scan.refused[0].message}" if scan.refused else "."
    raise InputError(
        f"There is no image in {folder}. Found: {others}{refused}",
        remedy="Choose a folder of JPEG, PNG, WebP or TIFF images.",
    )


def scan_folder(folder: Path) -> FolderScan:
    """List a folder and its subfolders. Hidden files and folders (a leading dot) are passed over.

    Links to files are followed while they stay inside the folder; links to folders are not followed at all, since a
    folder inside is listed under its own name, so no link can loop.

    Raises:
        InputError: The folder does not exist or cannot be opened.
    """
    _check_folder(folder)
    root = folder.absolute()
    images: list[Path] = []
    refused: list[Finding] = []
    other_files = 0
    for path in _walk(root, refused):
        is_folder = _is_folder(path)  # linked ones only: _walk opens the real ones
        if not is_folder and not _is_picture_name(path):
            other_files += 1
            continue
        reason = _why_linked_folder_is_left_out(path, root) if is_folder else _why_left_out(path, root)
        if reason:
            refused.append(_refusal(path, root, reason))
        elif not is_folder:
            images.append(path)
    return FolderScan(tuple(sorted(images, key=natural_key)), tuple(refused), other_files)


def locate_image(folder: Path, image_id: str) -> Path:
    """The file of an image, for serving it: always inside the folder, whatever `image_id` says.

    Raises:
        ImageError: `image_id` is no relative path, or leads out of the folder, by dots or by a link.
    """
    path = PurePosixPath(image_id)
    is_plain = bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in image_id
    if not is_plain or not _is_inside(folder / path, folder):
        raise ImageError(
            f"The image '{image_id}' does not lie inside the image folder.",
            remedy="Import the folder again.",
        )
    return folder / path


def natural_key(path: Path) -> tuple[tuple[tuple[int, str], ...], ...]:
    """Sorts img2 before img10, and a folder's files together, without regard to case."""
    return tuple(
        tuple((int(piece), "") if piece.isdecimal() else (0, piece.casefold()) for piece in re.split(r"(\d+)", part))
        for part in path.parts
    )


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing of that name"
        raise InputError(
            f"The image folder {folder} cannot be opened. Found: {found}. Expected: a folder.",
            remedy="Check the path.",
        )
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        raise InputError(
            f"The image folder {folder} cannot be opened ({error.strerror}). Expected: a folder this user may read.",
            remedy="Grant the permission, or choose another folder.",
        ) from error


def _walk(root: Path, refused: list[Finding]) -> Iterator[Path]:
    """Every entry that is no real folder, hidden ones left out; folders that cannot be opened become findings."""
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            refused.append(_refusal(folder, root, f"the folder cannot be opened ({error.strerror})"))
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            else:
                yield Path(entry.path)


def _why_left_out(path: Path, root: Path) -> str:
    if not _is_text(path):
        return "its path is not valid UTF-8; rename it"
    if not _is_inside(path, root):
        return "it is a link that leads out of the image folder; put the file itself here"
    if not os.path.isfile(path):  # noqa: PTH113  unlike Path.is_file it never raises
        return "it is a broken link, a pipe or a device"
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return f"{path.suffix[1:].upper()} is not among the formats read here; convert it to JPEG or PNG"
    return ""


def _why_linked_folder_is_left_out(path: Path, root: Path) -> str:
    if not _is_inside(path, root):
        return "it is a link to a folder outside the image folder; put the folder itself here"
    target = Path(os.path.realpath(path)).relative_to(os.path.realpath(root))
    is_hidden = any(part.startswith(".") for part in target.parts)
    return "it is a link to a hidden folder; put the folder itself here" if is_hidden else ""


def _refusal(path: Path, root: Path, reason: str) -> Finding:
    relative = os.fsencode(path.relative_to(root)).decode("utf-8", "backslashreplace")
    name = relative.rpartition("/")[2]
    return Finding("FILE", Severity.WARNING, f"{name} is left out: {reason}.", file=relative)


def _is_picture_name(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES or bool(_PICTURE_NAME.search(path.name))


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  unlike Path.is_dir it never raises


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_inside(path: Path, folder: Path) -> bool:
    """By real paths; a link that loops counts as lying where it is."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
