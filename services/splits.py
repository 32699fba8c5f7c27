"""Train, validation and test of a project: kept from imports, made where they are missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from domain.errors import InputError
from domain.finding import Finding, Severity
from domain.near_duplicates import group_prints
from domain.progress import Report, ignore_progress
from domain.splits import MADE_TAG, SPLIT_TAG, SPLITS, draw_splits, split_named, split_of_file, split_of_folder
from executors.local import Job
from formats.image_index import path_of
from services.evaluation_looks import Look, measure_looks
from services.evaluation_rows import read_label_classes
from services.projects import fetch_project
from services.workspace import Workspace
from store.engine import Connection
from store.image_tags import count_tag, list_tags, set_tag, set_tags
from store.images import ImageFile, list_files

SHARES: Mapping[str, float] = dict(zip(SPLITS, (70.0, 15.0, 15.0), strict=True))
"""What is suggested, percent."""


@dataclass(frozen=True, slots=True)
class Division:
    """What came of dividing images.

    Attributes:
        counts: Split -> images, of all that are there.
        divided: Images that got a split now.
        together: Near-duplicates and equal files that were kept on one side with another image.
        notes: What to know about it, full sentences.
    """

    counts: Mapping[str, int]
    divided: int
    together: int
    notes: tuple[str, ...] = ()


def count_splits(workspace: Workspace, project_id: int) -> dict[str, int]:
    """Split -> images that are there; "" for those without one."""
    with workspace.read() as connection:
        counts = count_tag(connection, project_id, SPLIT_TAG)
    return {name: counts[name] for name in (*SPLITS, "") if counts.get(name)}


def split_of_images(connection: Connection, project_id: int) -> dict[str, str]:
    """Image -> split, of those that have one."""
    tags = list_tags(connection, project_id)
    return {image_id: each[SPLIT_TAG] for image_id, each in tags.items() if SPLIT_TAG in each}


class SplitTeller:
    """Says which split a file of labels gives an image: by what the file says, by folders, by its own name."""

    def __init__(self, name: str, path: str = "", *, named: Callable[[str], str] | None = None) -> None:
        """Look at the name of the file, and at where it lies where that is known."""
        self._named = named
        self._of_file = split_of_file(name) or _split_of_place(path)
        self._of_folder = lru_cache(maxsize=10_000)(lambda folder: split_of_folder(f"{folder}/_"))

    def split_of(self, image_url: str) -> str:
        """The split of an image by its address; empty where nothing says."""
        if self._named is not None and (said := self._named(image_url)):
            return said
        folder = path_of(image_url).replace("\\", "/").rpartition("/")[0]
        return self._of_folder(folder) or self._of_file

    def splits_of(self, images: Iterable[tuple[str, str | None]]) -> dict[str, str]:
        """Image -> split, of (address, image or None where none was found); of those with a split."""
        return {image: split for url, image in images if image is not None and (split := self.split_of(url))}


def _split_of_place(path: str) -> str:
    """By the folder of a file ("valid/_annotations.coco.json"), where another one beside it is a split too."""
    folder = Path(path).parent if path else Path()
    split = split_named(folder.name)
    if not split:
        return ""
    try:
        others = {split_named(each.name) for each in folder.parent.iterdir() if each.is_dir()} - {"", split}
    except OSError:
        return ""
    return split if others else ""


def keep_splits(
    connection: Connection, project_id: int, found: Mapping[str, str], *, takes_splits: bool = False
) -> int:
    """Remember the splits that a file of labels names (image -> split); as `keep_tags`."""
    tags = {image: {SPLIT_TAG: split} for image, split in found.items() if split}
    return keep_tags(connection, project_id, tags, takes_splits=takes_splits)


def keep_tags(
    connection: Connection, project_id: int, tags: Mapping[str, Mapping[str, str]], *, takes_splits: bool = False
) -> int:
    """Remember the tags that a file gives images (image -> name -> value).

    Splits that were made here stay, unless `takes_splits`.

    Returns:
        How many images keep another split than the file names.
    """
    known = list_tags(connection, project_id, image_ids=tags) if tags else {}
    is_kept = {image for image in tags if not takes_splits and MADE_TAG in known.get(image, {})}
    made = {
        image: {name: value for name, value in own.items() if name != SPLIT_TAG}
        if image in is_kept
        else {**own, **({MADE_TAG: ""} if SPLIT_TAG in own else {})}
        for image, own in tags.items()
    }
    set_tags(connection, project_id, made)
    return sum(SPLIT_TAG in tags[image] and tags[image][SPLIT_TAG] != known[image].get(SPLIT_TAG) for image in is_kept)


def describe_kept(count: int, file: str) -> list[Finding]:
    """What the report of an import says of images that keep another split than the file names."""
    if not count:
        return []
    images = "1 image keeps the split that was" if count == 1 else f"{count:,} images keep the splits that were"
    remedy = 'To have those of the file, read it again with "Take the splits that the file names".'
    return [Finding("SPLIT", Severity.WARNING, f"{images} made here; the file names another.", file, remedy=remedy)]


def keep_folder_splits(connection: Connection, project_id: int, image_ids: Iterable[str]) -> None:
    """Give new images the split that their folder names."""
    keep_splits(connection, project_id, {name: split_of_folder(name) for name in image_ids})


def divide_images(
    workspace: Workspace,
    project_id: int,
    *,
    shares: Mapping[str, float] = SHARES,
    anew: bool = False,
    seed: int = 0,
    report: Report = ignore_progress,
) -> Division:
    """Give every image a split: the same mix of classes in each, near-duplicates and equal files together.

    Args:
        workspace: The workspace.
        project_id: The project.
        shares: Split -> its share.
        anew: Also the images that have a split already.
        seed: Of the draw; the same divides alike.
        report: Called with (images looked at, images).

    Raises:
        InputError: The shares make no sense, or there is no image.
        Cancelled: A person asked to stop; nothing was changed.
    """
    _check(shares)
    looks = measure_looks(workspace, project_id, report=report)
    with workspace.read() as connection:
        files = [file for file in list_files(connection, project_id) if not file.is_missing]
    classes = read_label_classes(workspace, fetch_project(workspace, project_id))
    if not files:
        raise InputError("The project has no images.", remedy="Add images on the Workspace page.")
    groups, notes = _group(files, looks)
    kept = ["" if anew else file.image.tags.get(SPLIT_TAG, "") for file in files]
    strata = _strata([classes.get(file.image.image_id, ()) for file in files])
    made = draw_splits(groups.tolist(), strata, shares=shares, kept=kept, seed=seed)
    with workspace.write() as connection:
        found = zip([file.image.image_id for file in files], made, kept, strict=True)
        drawn = {image_id: split for image_id, split, before in found if not before}
        changed = set_tag(connection, project_id, SPLIT_TAG, drawn)
        set_tag(connection, project_id, MADE_TAG, dict.fromkeys(drawn, "here"))
    counts, sizes = Counter(made), np.bincount(groups)
    together = int(sizes[sizes > 1].sum())
    return Division({name: counts[name] for name in SPLITS if counts[name]}, changed, together, tuple(notes))


def division_key(project_id: int) -> Hashable:
    """What the job that divides is found by."""
    return ("splits", project_id)


def start_division(
    workspace: Workspace, project_id: int, *, shares: Mapping[str, float], anew: bool, seed: int = 0
) -> Job:
    """Divide the images in the background: their pictures have to be looked at."""

    def work(report: Report) -> Division:
        return divide_images(workspace, project_id, shares=shares, anew=anew, seed=seed, report=report)

    return workspace.jobs.submit(division_key(project_id), work, title="Dividing images among splits")


def _check(shares: Mapping[str, float]) -> None:
    odd = [name for name in shares if name not in SPLITS]
    if odd:
        raise InputError(f"'{odd[0]}' is no split.", remedy=f"Name {', '.join(SPLITS)}.")
    wrong = [f"{value:g}" for value in shares.values() if not 0 <= value < float("inf")]
    if wrong or not sum(shares.values()) > 0:
        found = wrong[0] if wrong else "0 in all"
        raise InputError(f"A share is {found}; expected numbers from 0 on.", remedy="Give for example 70, 15 and 15.")


def _strata(classes: list[tuple[str, ...]]) -> list[str]:
    """Each image counts for the rarest of its classes: that one is hardest to divide evenly."""
    counts = Counter(name for names in classes for name in set(names))
    return [min(names, key=lambda name: (counts[name], name), default="") for names in classes]


def _group(files: list[ImageFile], looks: Mapping[str, Look]) -> tuple[NDArray[np.int64], list[str]]:
    """Number images so that equal files and near-duplicates share a number.

    Pictures of one scene may all look alike (a camera over a belt). A group with more than a fifth of all images would
    leave nothing to divide: its pictures are kept together only where their files are equal.
    """
    same_file = _numbers([file.image.sha256 or file.fingerprint or file.image.image_id for file in files])
    alike = same_file.copy()
    measured = [place for place, file in enumerate(files) if file.image.image_id in looks]
    if measured:
        prints = np.stack([looks[files[place].image.image_id].prints for place in measured])
        alike = np.arange(len(files)) + len(files)
        alike[measured] = group_prints(prints)
    notes: list[str] = []
    sizes = np.unique(alike, return_inverse=True, return_counts=True)
    crowded = (sizes[2] > max(3, len(files) // 5))[sizes[1]]
    if crowded.any():
        notes.append(f"{int(crowded.sum()):,} images look alike, too many to be kept together; only equal files are.")
        alike = np.where(crowded, np.arange(len(files)) + 2 * len(files), alike)
    return _join(same_file, _numbers(alike.tolist())), notes


def _numbers(keys: list[Hashable] | list[str] | list[int]) -> NDArray[np.int64]:
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(key, len(places)) for key in keys], dtype=np.int64)


def _join(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of images that hang together by the one or the other."""
    size = len(one)
    ones = (np.ones(2 * size), (np.tile(np.arange(size), 2), np.concatenate([size + one, 2 * size + other])))
    return connected_components(coo_array(ones, shape=(3 * size, 3 * size)), directed=False)[1][:size].astype(np.int64)
