"""What a project's model sees in its images, held in memory so that one image can be compared with all in a moment."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.project import Project
from services.embeddings import embeddings_folder, read_shards
from services.workspace import Workspace

_BLOCK = 4096
_SAMPLE = 400
_MOST = 2
_ROOM = 512 * 1024**2
"""Bytes up to which the rows of a project are held as float32, which is ten times as quick: 100,000 images of 1,280
numbers fit. More are held as float16."""

_kept: OrderedDict[Hashable, Rows] = OrderedDict()
_lock, _loading = threading.Lock(), threading.Lock()


@dataclass(frozen=True, slots=True)
class Rows:
    """Embeddings of N images.

    Attributes:
        state: Another one when other embeddings were stored.
        names: N image ids.
        stamps: N stand-ins for the content of the image files.
        places: Image -> its row.
        values: (N, D) float32, or float16 where there are very many.
        lengths: (N,) float32, the lengths of the rows.
    """

    state: Hashable
    names: tuple[str, ...]
    stamps: tuple[str, ...]
    places: Mapping[str, int]
    values: NDArray[np.floating]
    lengths: NDArray[np.float32]

    def likeness(self, place: int, others: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine of one row with others: (M,) places -> (M,) from -1 to 1; 0 with a row of zeros."""
        own = self.values[place].astype(np.float32)
        if 2 * len(others) > len(self.names):
            made = _multiply(self.values, own)[others]  # to pick most rows out would take longer than all
        else:
            made = _multiply(self.values[others], own)
        size = self.lengths[others] * self.lengths[place]
        return np.divide(made, size, out=np.zeros_like(made), where=size > 0)

    def typical_likeness(self, place: int) -> float | None:
        """The median likeness of one image to others, of up to 400 drawn by chance; None where there is no other."""
        drawn = np.unique(np.random.default_rng(0).integers(len(self.names), size=_SAMPLE))
        others = drawn[drawn != place]
        return float(np.median(self.likeness(place, others))) if len(others) else None


def keep_rows(workspace: Workspace, project: Project) -> Rows | None:
    """Return the embeddings of a project as they are stored now, read at most once; None where there are none."""
    folder = embeddings_folder(workspace, project)
    state = _state_of(folder)
    if not state:
        return None
    with _loading:  # two that need them read them once
        with _lock:
            known = _kept.get(str(folder))
        if known is None or known.state != state:
            known = _load(folder, state)
            with _lock:
                _kept[str(folder)] = known
                while len(_kept) > _MOST:
                    _kept.popitem(last=False)
        with _lock:
            _kept.move_to_end(str(folder))
    return known if known.names else None


def _state_of(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = ((file.name, file.stat()) for file in sorted(folder.glob("*.npz")))
    return tuple((name, facts.st_size, facts.st_mtime_ns) for name, facts in files)


def _load(folder: Path, state: Hashable) -> Rows:
    names, stamps, parts = list[str](), list[str](), list[NDArray[np.float16]]()
    for kept in read_shards(folder):
        names += kept.names
        stamps += kept.stamps
        parts.append(kept.rows)
    last = sorted({name: place for place, name in enumerate(names)}.values())
    values = np.concatenate(parts) if parts else np.zeros((0, 0), np.float16)
    values = values if len(last) == len(names) else values[last]
    names, stamps = [names[place] for place in last], [stamps[place] for place in last]
    if values.size * 4 <= _ROOM:
        values = values.astype(np.float32)
    blocks = (values[start : start + _BLOCK].astype(np.float32) for start in range(0, len(values), _BLOCK))
    lengths = np.concatenate([np.linalg.norm(block, axis=1) for block in blocks]) if names else np.zeros(0, np.float32)
    places = {name: place for place, name in enumerate(names)}
    return Rows(state, tuple(names), tuple(stamps), places, values, lengths)


def _multiply(values: NDArray[np.floating], own: NDArray[np.float32]) -> NDArray[np.float32]:
    """(M, D) times (D,); float16 in blocks, since all of it as float32 would take twice the memory again."""
    if values.dtype == np.float32:
        return np.asarray(values @ own, np.float32)
    made = np.empty(len(values), np.float32)
    for start in range(0, len(values), _BLOCK):
        made[start : start + _BLOCK] = values[start : start + _BLOCK].astype(np.float32) @ own
    return made
