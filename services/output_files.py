"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from domain.errors import InputError


@contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """Yield a stream; when the block ends its content takes the place of `file`, when it raises nothing changes.

    Raises:
        InputError: The place may not be written to, or the disk is full.
    """
    partial = file.with_name(f".{file.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        check_output(file)
        with partial.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except OSError as error:
        raise unwritable(file, error) from error
    finally:
        with suppress(OSError):  # it is gone, or its folder is no folder
            partial.unlink()


def check_output(file: Path) -> None:
    """Make the folder of `file`; called before long work, so that a wrong place is told at its beginning.

    Raises:
        InputError: The place is a folder, or may not be written to.
    """
    if file.is_dir():
        raise InputError("Found: a folder. Expected: the name of a file.", where=str(file), remedy="Add a file name.")
    make_folder(file.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents where they are missing.

    Raises:
        InputError: There is a file of that name, or the place may not be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise unwritable(folder, error) from error


def zip_folder(folder: Path) -> Path:
    """Pack a folder into NAME.zip beside it, in the order of the names.

    Raises:
        InputError: The place may not be written to.
    """
    archive = folder.with_name(f"{folder.name}.zip")
    with replacing(archive) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            packed.write(file, file.relative_to(folder).as_posix())
    return archive


def unwritable(place: Path, error: OSError) -> InputError:
    return InputError(
        f"This cannot be written: {error.strerror or error}.", where=str(place), remedy="Choose another place."
    )
