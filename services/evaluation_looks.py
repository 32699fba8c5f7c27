"""How light each image of a project is, and its print for near-duplicates: measured once by a job, kept as a file."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image

from domain.errors import ImageError
from domain.image import ImageRef
from domain.near_duplicates import SIDE, Prints, print_of
from domain.orientation import array_to_upright
from domain.progress import Report, ignore_progress
from services.output_files import replacing
from services.picture_addresses import thumbnail_file
from services.picture_decode import decode_picture
from services.workspace import Workspace
from store.images import list_files

_THREADS = 2
_BATCH = 128
_SIDE = 64


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture looks like.

    Attributes:
        version: Of the file it was measured from.
        brightness: Mean grey, 0 to 1.
        prints: (16,) see `domain.near_duplicates`.
    """

    version: str
    brightness: float
    prints: Prints


def read_looks(workspace: Workspace, project_id: int) -> dict[str, Look]:
    """Image -> its look, of those that were measured."""
    file = _file(workspace, project_id)
    if not file.is_file():
        return {}
    try:
        stored = orjson.loads(file.read_bytes())
        return {name: Look(row[0], row[1], np.array(row[2], np.uint16)) for name, row in stored.items()}
    except (OSError, orjson.JSONDecodeError):
        return {}  # it can be measured again


def looks_stamp(workspace: Workspace, project_id: int) -> int:
    """Another number whenever looks were measured."""
    file = _file(workspace, project_id)
    return file.stat().st_mtime_ns if file.is_file() else 0


def looks_key(project_id: int) -> Hashable:
    """What the job that measures is found by."""
    return ("looks", project_id)


def start_looks(workspace: Workspace, project_id: int) -> None:
    """Measure in the background what is not measured yet."""

    def work(report: Report) -> None:
        measure_looks(workspace, project_id, report=report)

    workspace.jobs.submit(looks_key(project_id), work, title="Measuring brightness")


def measure_looks(workspace: Workspace, project_id: int, *, report: Report = ignore_progress) -> Mapping[str, Look]:
    """Measure every image that is there and can be read, those of before only where their file changed.

    Raises:
        Cancelled: A person asked to stop; what is measured until then is kept.
    """
    with workspace.read() as connection:
        files = [file for file in list_files(connection, project_id) if not file.is_missing and file.image.is_readable]
    known = read_looks(workspace, project_id)
    found = {file.image.image_id: known[file.image.image_id] for file in files if _is_known(file.image, known)}
    wanted = [file.image for file in files if file.image.image_id not in found]
    try:
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="relook-looks") as pool:
            for start in range(0, len(wanted), _BATCH):
                report(start, len(wanted))
                some = wanted[start : start + _BATCH]
                made = pool.map(partial(_look_at, workspace, project_id), some)
                found.update({image.image_id: each for image, each in zip(some, made, strict=True) if each})
        report(len(wanted), len(wanted))
    finally:
        if wanted or len(found) != len(known):
            _keep(_file(workspace, project_id), found)
    return found


def _is_known(image: ImageRef, known: Mapping[str, Look]) -> bool:
    return image.image_id in known and known[image.image_id].version == image.version


def _look_at(workspace: Workspace, project_id: int, image: ImageRef) -> Look | None:
    """From the thumbnail where there is one; None for a file that cannot be read, of which an import tells."""
    thumbnail = thumbnail_file(workspace, project_id, image)
    most = workspace.settings.max_pixels
    try:
        if thumbnail.is_file():
            pixels = decode_picture(thumbnail, max_pixels=most, max_side=_SIDE).pixels
        else:
            pixels = decode_picture(Path(image.uri), max_pixels=most, max_side=_SIDE).pixels
            pixels = array_to_upright(pixels, image.orientation)
    except ImageError:
        return None
    grey = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    return Look(image.version, _mean(grey), print_of(_cells(grey)))


def _mean(grey: Image.Image) -> float:
    return round(float(np.asarray(grey, dtype=np.float64).mean()) / 255, 4)


def _cells(grey: Image.Image) -> NDArray[np.float64]:
    return np.asarray(grey.convert("F").resize((SIDE + 1, SIDE), Image.Resampling.BOX), dtype=np.float64)


def _file(workspace: Workspace, project_id: int) -> Path:
    """Beside the thumbnails, with which it goes."""
    return workspace.folder("thumbnails") / str(project_id) / "looks.json"


def _keep(file: Path, found: Mapping[str, Look]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = {name: [each.version, each.brightness, each.prints.tolist()] for name, each in found.items()}
    with replacing(file) as stream:
        stream.write(orjson.dumps(rows))
