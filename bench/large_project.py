"""A project of very many images: few distinct photos, hard-linked under many names, with boxes and polygons on each.

It is kept in a folder, so that the next run does not make it again. The files are real and each is served under an
address of its own; what the project knows of them is written by the store, without reading each of the links once more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from bench.projects import opened
from domain.geometry import Box, bounding_box
from domain.image import ImageRef
from domain.prediction import Instance, Instances, ModelInfo, Task
from services.projects import list_projects
from services.settling import settle
from services.workspace import Workspace
from store.images import ImageFile, save_images
from store.predictions import StoredPrediction, save_model, save_predictions
from store.projects import add_classes, insert_project, update_project

WIDTH, HEIGHT = 1600, 1200
BOXES, POLYGONS = 20, 10
CORNERS = 12
CLASSES = ("can", "carton", "jar", "bottle", "milk", "water", "juice", "tray", "bag", "cup")
_DETAIL = 4.3
"""Grey values of the fine grain: what makes a photo of this size about 300 KB."""
_BATCH = 2000
_IN_A_FOLDER = 1000
_MODEL = "bench/objects@1"
_READY = "large.json"


@dataclass(frozen=True, slots=True)
class Photo:
    """A distinct photo."""

    path: Path
    sha256: str
    file_bytes: int


def prepare_home(folder: Path, *, images: int, photos: int, seed: int = 5) -> Path:
    """Return the RELOOK_HOME of the project of so many images, made now unless it lies under `folder` already."""
    folder = folder.absolute()
    home, wanted = folder / "home", {"images": images, "photos": photos, "seed": seed, "version": 1}
    ready = folder / _READY
    if ready.exists() and json.loads(ready.read_text()) == wanted:
        return home
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} holds something else than this project. Delete it, or name another folder.")
    started = time.monotonic()
    files = list(link_photos(folder / "images", draw_photos(folder / "photos", photos, seed=seed), images))
    with opened(home) as workspace:
        project_id = write_project(workspace, folder / "images", files, seed=seed)
        settle(workspace, project_id)
    ready.write_text(json.dumps(wanted))
    print(f"Made the project of {images:,} images in {time.monotonic() - started:.0f} s.", flush=True)
    return home


def first_project(home: Path) -> int:
    """Return the number of the project under `home`."""
    with opened(home) as workspace:
        return list_projects(workspace)[0].project_id


def draw_photos(folder: Path, count: int, *, seed: int) -> list[Photo]:
    """Draw distinct photos: soft patches of colour under a fine grain."""
    folder.mkdir(parents=True)
    made: list[Photo] = []
    for number in range(count):
        content = encode_photo(np.random.default_rng((seed, number)))
        path = folder / f"{number:04}.jpg"
        path.write_bytes(content)
        made.append(Photo(path, hashlib.sha256(content).hexdigest(), len(content)))
    return made


def encode_photo(rng: np.random.Generator) -> bytes:
    """One photo as JPEG."""
    patches = Image.fromarray(rng.integers(20, 236, (9, 12, 3), dtype=np.uint8))
    soft = np.asarray(patches.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float32)
    grain = rng.normal(0, _DETAIL, (HEIGHT // 2, WIDTH // 2)).astype(np.float32).repeat(2, 0).repeat(2, 1)
    stream = BytesIO()
    Image.fromarray(np.clip(soft + grain[..., None], 0, 255).astype(np.uint8)).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def link_photos(folder: Path, photos: Sequence[Photo], count: int) -> Iterator[ImageFile]:
    """Give the photos many names, and yield what the project knows of each."""
    for number in range(count):
        photo = photos[number % len(photos)]
        name = f"shelf_{number // _IN_A_FOLDER:04}/photo_{number % _IN_A_FOLDER:04}.jpg"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(photo.path, path)
        image = ImageRef(name, str(path), WIDTH, HEIGHT, sha256=photo.sha256)
        yield ImageFile(image, number, photo.file_bytes, path.stat().st_mtime_ns)


def write_project(workspace: Workspace, folder: Path, files: Sequence[ImageFile], *, seed: int) -> int:
    """Write images and what a model says about them; return the number of the project."""
    rng = random.Random(seed)  # noqa: S311  no secrets
    info = ModelInfo(_MODEL, "bench/objects", "1", Task.SEGMENTATION, CLASSES, None, "file", "")
    with workspace.write() as connection:
        project_id = insert_project(connection, name="Large", task=Task.SEGMENTATION, image_folder=str(folder))
        add_classes(connection, project_id, CLASSES)
        save_model(connection, project_id, info, None)
        update_project(connection, project_id, model_id=_MODEL)
    for start in range(0, len(files), _BATCH):
        some = files[start : start + _BATCH]
        with workspace.write() as connection:
            save_images(connection, project_id, some)
            made = [StoredPrediction(file.image.image_id, Instances(tuple(make_objects(rng)))) for file in some]
            save_predictions(connection, project_id, _MODEL, made)
    return project_id


def make_objects(rng: random.Random) -> Iterator[Instance]:
    """Yield 20 boxes and 10 polygons, spread over the picture."""
    for number in range(BOXES + POLYGONS):
        x, y = rng.uniform(0.02, 0.8), rng.uniform(0.02, 0.8)
        box = Box(x, y, x + rng.uniform(0.04, 0.17), y + rng.uniform(0.04, 0.17))
        rings = (tuple(make_ring(rng, box)),) if number >= BOXES else ()
        around = bounding_box(rings) or box
        yield Instance(f"P-{number}", rng.choice(CLASSES), around, round(rng.uniform(0.5, 1), 4), rings)


def make_ring(rng: random.Random, box: Box) -> Iterator[float]:
    """Yield x, y, x, y ... of a polygon inside a box."""
    for corner in range(CORNERS):
        angle, reach = 2 * math.pi * corner / CORNERS, rng.uniform(0.6, 1)
        yield (box.x_min + box.x_max) / 2 + reach * math.cos(angle) * box.width / 2
        yield (box.y_min + box.y_max) / 2 + reach * math.sin(angle) * box.height / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the project is kept")
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--photos", type=int, default=1000, help="distinct ones (default: %(default)s)")
    arguments = parser.parse_args()
    print(prepare_home(arguments.folder, images=arguments.images, photos=arguments.photos))


if __name__ == "__main__":
    main()
