"""Slices of a project: on which images the model is right, by class, tag, size, brightness and reviewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from domain.splits import MADE_TAG, SPLIT_TAG, SPLITS
from metrics.intervals import exact_share
from services.evaluation_result import Groups, Headline, SliceLine
from services.evaluation_rows import Said

_MOST = 12
_SIZES = ("smallest third", "middle third", "largest third")
_LIGHTS = ("darkest third", "middle third", "lightest third")

Slice = tuple[str, str, NDArray[np.bool_]]
"""Kind, name and (N,) its images."""


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
    kinds = (_by_class(classes, is_right), _by_tag(said), _by_size(said), _by_brightness(said), _by_reviewer(said))
    for kind, name, inside in chain.from_iterable(kinds):
        count = int(inside.sum())
        if count:
            key = f"slice/{kind}/{name}"
            groups[key] = np.flatnonzero(inside & ~is_right)
            lines.append(SliceLine(kind, name, count, exact_share(int((inside & is_right).sum()), count), key))
    return tuple(lines), groups


def _by_class(classes: Sequence[tuple[str, NDArray[np.bool_]]], is_right: NDArray[np.bool_]) -> Iterator[Slice]:
    """Those with most wrong images first."""
    worst = sorted(classes, key=lambda each: (-int((each[1] & ~is_right).sum()), each[0]))
    for name, inside in worst[:_MOST]:
        yield "class", name, inside


def _by_tag(said: Said) -> Iterator[Slice]:
    """The split first, then the other tags by name; of each the values that most images have."""
    counts = Counter((name, value) for tags in said.tags for name, value in tags.items() if name != MADE_TAG)
    names = sorted({name for name, _ in counts}, key=lambda name: (name != SPLIT_TAG, name))
    for name in names[:_MOST]:
        values = np.array([tags.get(name, "") for tags in said.tags], dtype=object)
        found = sorted((value for key, value in counts if key == name), key=lambda v, n=name: (-counts[n, v], v))
        if len(found) > max(_MOST, len(values) // 2):
            continue  # nearly every image has its own, as numbers and times are
        order = [each for each in SPLITS if each in found] if name == SPLIT_TAG else found[:_MOST]
        for value in order:
            yield name, value, values == value
        if not (values != "").all():
            yield name, f"no {name}", values == ""


def _by_size(said: Said) -> Iterator[Slice]:
    """Thirds by the number of pixels, where images differ in it; unreadable ones are in none."""
    pixels = np.array([width * height or np.nan for width, height in said.sizes], dtype=np.float64)
    yield from _thirds("image size", pixels, _SIZES)


def _by_brightness(said: Said) -> Iterator[Slice]:
    """Thirds by mean grey, of the images it was measured of."""
    yield from _thirds("brightness", np.array(said.brightness, dtype=np.float64), _LIGHTS)


def _thirds(kind: str, values: NDArray[np.float64], names: Sequence[str]) -> Iterator[Slice]:
    known = values[~np.isnan(values)]
    if len(known) < len(names):
        return
    parts = np.where(np.isnan(values), -1, np.digitize(values, np.quantile(known, (1 / 3, 2 / 3)), right=True))
    if len(np.unique(parts[parts >= 0])) > 1:
        for number, name in enumerate(names):
            yield kind, name, parts == number


def _by_reviewer(said: Said) -> Iterator[Slice]:
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
