"""What a project's model sees in its images: computed once, kept beside the maps, and read to order images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from domain.errors import ImageError, InputError, ModelError
from domain.explanation import RGBImage
from domain.image import ImageRef
from domain.progress import Report, ignore_progress
from domain.project import Project
from services.output_files import replacing
from services.projects import fetch_project
from services.scoring import decode_ahead, load_active_model
from services.workspace import Workspace
from store.images import ImageFile, list_files

if TYPE_CHECKING:
    from predictors import Predictor

_BATCH = 8
_SHARD = 1000
"""Images a file; what is finished is kept when a person cancels."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Embeddings of one file.

    Attributes:
        names: N image ids.
        stamps: N stand-ins for the content of the image files.
        rows: (N, D) float16.
    """

    names: tuple[str, ...]
    stamps: tuple[str, ...]
    rows: NDArray[np.float16]


def embed_project(workspace: Workspace, project_id: int, *, report: Report = ignore_progress) -> int:
    """Compute what the project's model sees in the images that it was not asked about yet; return how many are kept.

    What is finished when a person cancels is kept, and not computed again. An image that cannot be read has no
    embedding.

    Raises:
        InputError: The project has no model that can be run, or no image could be opened.
        ModelError: The inside of the model cannot be reached.
        Cancelled: A person asked to stop.
    """
    project = fetch_project(workspace, project_id)
    predictor, spec = load_active_model(workspace, project)
    files = _list_readable(workspace, project)
    folder = embeddings_folder(workspace, project)
    known = {(name, stamp) for kept in read_shards(folder) for name, stamp in zip(kept.names, kept.stamps, strict=True)}
    waiting = [file for file in files if (file.image.image_id, stamp_of(file)) not in known]
    done = len(files) - len(waiting)
    report(done, len(files))
    size = 1 if predictor.info.task.has_objects else _BATCH
    for start in range(0, len(waiting), _SHARD):
        shard = waiting[start : start + _SHARD]
        batches = decode_ahead(
            [file.image for file in shard], spec.orientation, size=size, max_pixels=workspace.settings.max_pixels
        )
        made: list[tuple[ImageRef, NDArray[np.float16]]] = []
        try:
            for batch, pictures in batches:
                made += _embed(predictor, batch, pictures)
                done += len(batch)
                report(done, len(files))
        finally:
            _keep(folder, made, {file.image.image_id: stamp_of(file) for file in shard})
    kept = len(read_embeddings(workspace, project))
    if files and not kept:
        raise InputError(
            f"The model could make nothing of any of the {len(files):,} images of the project '{project.name}'.",
            remedy="See on the Browse page whether they can be opened.",
        )
    return kept


def read_embeddings(workspace: Workspace, project: Project) -> dict[str, NDArray[np.float16]]:
    """Return what the project's model sees in its images, as far as that was computed: image id -> (D,) row.

    An image whose file became another one since has none.
    """
    stamps = {file.image.image_id: stamp_of(file) for file in _list_readable(workspace, project)}
    return {
        name: row
        for kept in read_shards(embeddings_folder(workspace, project))
        for name, stamp, row in zip(kept.names, kept.stamps, kept.rows, strict=True)
        if stamps.get(name) == stamp
    }


def has_embeddings(workspace: Workspace, project: Project) -> bool:
    """Whether anything was computed; nothing is read."""
    return any(embeddings_folder(workspace, project).glob("*.npz"))


def require_embeddings(workspace: Workspace, project: Project) -> dict[str, NDArray[np.float16]]:
    """Return what `read_embeddings` does.

    Raises:
        InputError: There are none.
    """
    found = read_embeddings(workspace, project)
    if not found:
        raise InputError(
            f"There are no embeddings of the images of the project '{project.name}' by its model.",
            remedy="Compute them on the Queue page, or with python -m cli embed --project NAME.",
        )
    return found


def _list_readable(workspace: Workspace, project: Project) -> list[ImageFile]:
    with workspace.read() as connection:
        files = list_files(connection, project.project_id)
    return [file for file in files if file.image.is_readable and not file.is_missing]


def _embed(
    predictor: Predictor, batch: Sequence[ImageRef], pictures: Sequence[RGBImage | ImageError]
) -> Iterator[tuple[ImageRef, NDArray[np.float16]]]:
    readable = [(image, each) for image, each in zip(batch, pictures, strict=True) if not isinstance(each, ImageError)]
    if not readable:
        return
    try:
        rows = predictor.embed([picture for _, picture in readable])
    except ImageError:
        return  # of no use to the model: it has no embedding, as one that cannot be read
    if not np.isfinite(rows).all():
        raise ModelError(
            "The model sees numbers that are not finite in these images.",
            where=predictor.info.name,
            remedy="Check its weights and its mean and deviation.",
        )
    longest = np.abs(rows).max(axis=1, keepdims=True)
    rows = rows / np.where(longest > 0, longest, 1)  # only the angle counts, and float16 ends at 65,504
    yield from zip((image for image, _ in readable), rows.astype(np.float16), strict=True)


def _keep(folder: Path, made: Sequence[tuple[ImageRef, NDArray[np.float16]]], stamps: Mapping[str, str]) -> None:
    if not made:
        return
    names = [image.image_id for image, _ in made]
    last = max((file.stem for file in folder.glob("*.npz")), default="0")
    with replacing(folder / f"{int(last) + 1:06}.npz") as stream:
        np.savez(
            stream,
            names=np.array(names),
            stamps=np.array([stamps[name] for name in names]),
            rows=np.stack([row for _, row in made]),
        )


def read_shards(folder: Path) -> Iterator[Kept]:
    """Yield what lies in `embeddings_folder`, the newest last; of an image that stands twice the last row holds."""
    for file in sorted(folder.glob("*.npz")):
        try:
            with np.load(file, allow_pickle=False) as stored:
                yield Kept(tuple(stored["names"].tolist()), tuple(stored["stamps"].tolist()), stored["rows"])
        except (OSError, ValueError, KeyError, BadZipFile):
            continue  # a damaged file is as if it had never been computed


def embeddings_folder(workspace: Workspace, project: Project) -> Path:
    """Where what the project's model sees is kept."""
    key = sha256((project.model_id or "").encode()).hexdigest()[:32]
    return workspace.folder("embeddings") / str(project.project_id) / key


def stamp_of(file: ImageFile) -> str:
    """What stands for the content of an image file beside its row."""
    return file.fingerprint or f"{file.file_bytes}-{file.modified_ns}"
