"""`gallery()`: the images of Browse, a scrolling list of whole photos with their shapes, scores and decisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from streamlit.components.v2 import component

Size = Literal["S", "M", "L"]
Overlay = Literal["predictions", "labels", "scores", "polygons"]
Status = Literal["new", "accept", "correct", "reject", "skip", "flag", "wrong_evidence", "send_back", "resolve"]

NARROWEST, WIDEST = 3 / 4, 16 / 9  # limits of a cell's aspect ratio


class GalleryObject(TypedDict):
    """One object on a photo; coordinates are fractions [0, 1] of the upright photo."""

    box: Sequence[float]
    """(x_min, y_min, x_max, y_max)"""
    polygons: NotRequired[Sequence[Sequence[float]]]
    """Rings of x, y, x, y, ..."""
    colour: str
    source: Literal["label", "prediction", "correction"]
    score: NotRequired[float | None]
    """Shown on the photo when "scores" are asked for and the box has room."""


class GalleryCell(TypedDict):
    """One image as the gallery shows it."""

    image_id: str
    name: str
    thumb: str
    """Address of the thumbnail."""
    width: int
    """Pixels of the upright photo."""
    height: int
    status: Status
    score: float | None
    differs: bool
    problem: str
    """A sentence when the image cannot be read, else empty."""
    labels: Sequence[str]
    """Classification only, as are the predicted ones."""
    predicted: Sequence[str]
    objects: Sequence[GalleryObject]


class GallerySource(TypedDict):
    """Where the gallery fetches the cells in sight when it was given ids alone.

    `POST url` with `{"image_ids": [...]}` (at most 100) and the headers `X-Relook-Client` and `X-Relook-Token` answers
    `{"cells": [GalleryCell, ...]}`; an image left out of the answer is shown as gone.
    """

    url: str
    token: str
    revision: str
    """Another value makes the cells in sight come again; the old ones stay until then."""
    has_classes: bool
    """Whether cells carry class names, which take a line of their own."""


@dataclass(frozen=True, slots=True)
class GalleryEvent:
    """What the reader did in the gallery.

    Attributes:
        opened: The image opened by this rerun's click or Enter, else None.
        selected: The chosen images that are shown, in the order of the gallery.
    """

    opened: str | None
    selected: tuple[str, ...]


mount_gallery = component("components.gallery", js="gallery.js", css="gallery.css")


def ignore_change() -> None:
    """Stand for the callback that declares a value to Streamlit; the page reads the value itself."""


def gallery(
    cells: Sequence[GalleryCell] | Sequence[str],
    *,
    key: str,
    source: GallerySource | None = None,
    size: Size = "M",
    show: Collection[Overlay] = ("predictions", "labels"),
    aspect: float = 4 / 3,
    selected: Sequence[str] | None = None,
    threshold: float = 0.5,
    reasons: Mapping[str, tuple[float | None, str]] | None = None,
) -> GalleryEvent:
    """Draw the gallery and return what the reader did in it.

    Args:
        cells: The images, in the order shown. All of them: only the rows in sight are drawn. From some thousand images
            on, give their ids alone and a source: a rerun then sends 20 bytes an image and not 700.
        key: Identity of the gallery; its place in the list is kept under this name while the tab lives.
        source: Where cells come from when `cells` are ids.
        size: Width of a cell: about 120, 184 or 280 px.
        show: What is drawn on the photos. Corrections come and go with the labels.
        aspect: Width over height of a cell, best the median of the project; kept within 3:4 and 16:9.
        selected: Replaces the reader's selection when it differs from the previous rerun's value; None leaves it alone.
        threshold: Scores under it are orange, in [0, 1].
        reasons: Image -> a figure in the place of its score, and why it is listed, in words or empty; None for scores.

    Returns:
        The image opened and the images selected. A selection set from here is reported one rerun later.
    """
    data = {
        "key": key,
        "cells": list(cells),
        "source": source,
        "size": size,
        "show": sorted(show),
        "aspect": min(WIDEST, max(NARROWEST, aspect)),
        "selected": None if selected is None else list(selected),
        "threshold": threshold,
        "reasons": None if reasons is None else dict(reasons),
    }
    result = mount_gallery(key=key, data=data, on_opened_change=ignore_change, on_selected_change=ignore_change)
    return GalleryEvent(opened=result.get("opened"), selected=tuple(result.get("selected") or ()))
