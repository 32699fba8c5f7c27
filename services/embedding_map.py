"""The images of a project laid out on a plane, so that those the model sees alike lie close together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from domain.prediction import Content, Instances, Labels
from domain.progress import Report
from domain.project import Project
from executors.local import Job
from services.embeddings import embed_project, embeddings_folder, read_embeddings
from services.output_files import replacing
from services.ranking import label_of
from services.workspace import Workspace
from store.states import list_states

MOST_PLACED = 5000
"""Of more images so many, drawn by chance, are laid out: t-SNE takes minutes from there on, and dots lie on dots."""

_FEWEST = 5
_COMPONENTS = 50
_PERPLEXITY = 30


@dataclass(frozen=True, slots=True)
class ImageMap:
    """Where images lie.

    Attributes:
        image_ids: N images.
        places: (N, 2) float32, from 0 to 1 on both axes; only who lies near whom means something.
        total: How many images have an embedding; more than N when some were drawn.
        is_current: Whether these are the images and the model of now.
    """

    image_ids: tuple[str, ...]
    places: NDArray[np.float32]
    total: int
    is_current: bool


def map_key(project_id: int) -> Hashable:
    """What the job that lays out images is found by."""
    return ("embedding map", project_id)


def start_map(workspace: Workspace, project: Project) -> Job:
    """Compute what is missing of the embeddings and lay the images out, in the background."""

    def work(report: Report) -> None:
        embed_project(workspace, project.project_id, report=report)
        seen = read_embeddings(workspace, project)
        chosen = draw_images(seen)
        places = (
            lay_out(np.stack([seen[name] for name in chosen]).astype(np.float32))
            if chosen
            else np.zeros((0, 2), np.float32)
        )
        with replacing(_file_of(workspace, project)) as stream:
            facts = {"names": np.array(chosen, str), "places": places}
            np.savez(stream, **facts, total=np.array(len(seen)), stamp=np.array(_stamp(seen)))

    return workspace.jobs.submit(map_key(project.project_id), work, title="Laying out the images", unit="images")


def find_map(workspace: Workspace, project: Project) -> ImageMap | None:
    """Return how the images were laid out last for the project's model; None where they were not."""
    try:
        with np.load(_file_of(workspace, project), allow_pickle=False) as kept:
            names, places = tuple(kept["names"].tolist()), kept["places"]
            total, stamp = int(kept["total"]), str(kept["stamp"])
    except (OSError, ValueError, KeyError, BadZipFile):
        return None  # there is none, or it is damaged: then it is made anew
    return ImageMap(names, places, total, stamp == _stamp(read_embeddings(workspace, project)))


def draw_images(seen: Mapping[str, NDArray[np.float16]]) -> list[str]:
    """Return the images to lay out: all, or of many so many drawn by chance, the same ones again."""
    names = sorted(seen)
    if len(names) <= MOST_PLACED:
        return names
    chosen = np.random.default_rng(0).choice(len(names), MOST_PLACED, replace=False)
    return [names[place] for place in sorted(chosen)]


def lay_out(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay (N, D) embeddings out on the plane by t-SNE of the angles between them; the same rows give the same places.

    Returns:
        (N, 2), from 0 to 1 on both axes.

    Source: van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 2008, on 50 principal components. UMAP and
    PaCMAP would bring numba (210 MB), and a minute of compiling at first use.
    """
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = (rows / np.where(length > 0, length, 1)).astype(np.float32)
    if len(rows) < _FEWEST or not np.ptp(rows, axis=0).any():
        left, sizes, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        placed = np.pad((left * sizes)[:, :2], ((0, 0), (0, max(0, 2 - len(sizes)))))
    else:
        reduced = PCA(min(_COMPONENTS, *rows.shape), random_state=0).fit_transform(rows)
        perplexity = min(_PERPLEXITY, (len(rows) - 1) / 3)
        placed = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(reduced)
    low, span = placed.min(axis=0), np.ptp(placed, axis=0)
    return np.where(span > 0, (placed - low) / np.where(span > 0, span, 1), 0.5).astype(np.float32)


def _file_of(workspace: Workspace, project: Project) -> Path:
    return embeddings_folder(workspace, project) / "map" / "places.npz"


def _stamp(seen: Mapping[str, NDArray[np.float16]]) -> str:
    told = sha256()
    for name in sorted(seen):
        told.update(name.encode() + b"\0" + seen[name][:4].tobytes())
    return told.hexdigest()


def name_classes(workspace: Workspace, project: Project, image_ids: Sequence[str]) -> dict[str, str]:
    """Return what each image counts as on the map: the class of its label, or of most of its objects; "" without."""
    with workspace.read() as connection:
        states = list_states(connection, project, image_ids=image_ids)
    return {state.image.image_id: _leading_class(label_of(state)) for state in states}


def _leading_class(content: Content | None) -> str:
    if isinstance(content, Instances):
        counts = Counter(item.label for item in content.items)
        return counts.most_common(1)[0][0] if counts else ""
    return next(iter(content.scores), "") if isinstance(content, Labels) else ""
