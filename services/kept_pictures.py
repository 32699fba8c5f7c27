"""The newest few pictures that somebody explains by hand, decoded, with what detectors computed for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path

from domain.explanation import RGBImage
from domain.model_spec import InputOrientation
from services.pictures import load_picture
from services.slow_imports import importing_torch

_ROOM = 4
"""Pictures held at once, up to 50 MB each, and about 100 MB of activations for each detector that saw them."""


class KeptPictures:
    """Pictures by file and state of the file; the one used longest ago makes room."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, RGBImage] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, path: Path, *, orientation: InputOrientation, max_pixels: int, max_side: int) -> RGBImage:
        """Return an image as a model sees it: the same array for the same file, so that what was computed is found.

        See `load_picture` for the arguments.

        Raises:
            ImageError: It cannot be read.
        """
        key = (max_side, *_key(path, orientation))
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        picture = load_picture(path, orientation=orientation, max_pixels=max_pixels, max_side=max_side)
        with importing_torch:
            from explainers.objects.kept_heads import remember  # noqa: PLC0415

        with self._lock:
            picture = self._held.setdefault(key, picture)  # another request may have been quicker
            remember(picture)
            while len(self._held) > _ROOM:
                self._held.popitem(last=False)
        return picture


def _key(path: Path, orientation: InputOrientation) -> tuple[Hashable, ...]:
    try:
        state = path.stat()
    except OSError:  # `load_picture` says what is wrong
        return path, orientation
    return path, orientation, state.st_size, state.st_mtime_ns
