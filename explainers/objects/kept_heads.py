"""What detectors computed for pictures that are looked at again: an edited box then costs the last layers alone."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

from domain.explanation import RGBImage
from explainers.objects.detector_scene import Detector
from explainers.objects.head import Head

_kept: dict[int, dict[int, Head]] = {}
"""Of each picture to remember, by where it lies in memory, the head of each detector that saw it."""

_lock = threading.Lock()


def remember(image: RGBImage) -> None:
    """Keep what detectors compute for this very array, for as long as the array itself is kept: about 100 MB each."""
    with _lock:
        if id(image) in _kept:
            return
        _kept[id(image)] = {}
    weakref.finalize(image, _kept.pop, id(image), None)


def head_of(detector: Detector, image: RGBImage, read: Callable[[], Head]) -> tuple[Head, bool]:
    """Return the head of a detector on a picture, from `read` unless it is remembered, and whether it was read now."""
    heads = _kept.get(id(image))
    known = heads.get(id(detector)) if heads is not None else None
    if known is not None:
        return known, False
    head = read()
    if heads is not None:
        heads[id(detector)] = head  # which holds the detector, so that no other takes its place in memory
    return head, True
