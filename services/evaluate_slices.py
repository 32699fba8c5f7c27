"""Slices of a project: on which images the model is right, by class, size and reviewer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.intervals import exact_share
from services.evaluation_result import Groups, Headline, SliceLine
from services.evaluation_rows import Said

_MOST = 12
_SIZES = ("smallest third", "middle third", "largest third")


def list_slices(
    said: Said, is_right: NDArray[np.bool_], classes: Sequence[tuple[str, NDArray[np.bool_]]]
) -> tuple[tuple[SliceLine, ...], Groups]:
    """Return the slices, and the images of each on which something is wrong.

    Args:
        said: All images.
        is_right: (N,) whether all is right on an image.
        classes: Name and (N,) images whose label has it.
    """
    lines: list[SliceLine] = []
    groups: dict[str, NDArray[np.int64]] = {}
    for kind, name, inside in (*_by_class(classes, is_right), *_by_size(said), *_by_reviewer(said)):
        count = int(inside.sum())
        if count:
            key = f"slice/{kind}/{name}"
            groups[key] = np.flatnonzero(inside & ~is_right)
            lines.append(SliceLine(kind, name, count, exact_share(int((inside & is_right).sum()), count), key))
    return tuple(lines), groups


def _by_class(
    classes: Sequence[tuple[str, NDArray[np.bool_]]], is_right: NDArray[np.bool_]
) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Those with most wrong images first."""
    worst = sorted(classes, key=lambda each: (-int((each[1] & ~is_right).sum()), each[0]))
    for name, inside in worst[:_MOST]:
        yield "class", name, inside


def _by_size(said: Said) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Thirds by the number of pixels, where images differ in it."""
    pixels = np.array([width * height for width, height in said.sizes], dtype=np.int64)
    if len(pixels) < len(_SIZES) or not pixels.all():
        return
    low, high = np.quantile(pixels, (1 / 3, 2 / 3))
    parts = np.digitize(pixels, (low, high), right=True)
    if len(np.unique(parts)) > 1:
        for number, name in enumerate(_SIZES):
            yield "image size", name, parts == number


def _by_reviewer(said: Said) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    names = np.array(said.reviewers, dtype=object)
    for name in sorted({each for each in said.reviewers if each})[:_MOST]:
        yield "reviewer", name, names == name
    if any(said.reviewers):
        yield "reviewer", "not reviewed", names == ""


def count_label_errors(said: Said, is_changed: NDArray[np.bool_]) -> Headline:
    """How many labels that reviewers looked at were wrong."""
    reviewed = np.array(said.is_reviewed, dtype=bool) & np.array([each is not None for each in said.given], dtype=bool)
    found, of = int((is_changed & reviewed).sum()), int(reviewed.sum())
    share = exact_share(found, of) if of else None
    return Headline("errors", "Label errors found", share, count=found, note=f"of {of:,} reviewed")
