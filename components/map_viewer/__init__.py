"""`map_viewer()`: up to three saliency maps of one photo, drawn from raw values in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from streamlit.components.v2 import component


class ViewerPhoto(TypedDict):
    id: NotRequired[str]
    """Says which photo a box was drawn on."""
    url: str
    width: int
    """Pixels of the upright photo."""
    height: int


class ViewerTarget(TypedDict):
    """What the map explains; shapes are fractions [0, 1] of the upright photo."""

    label: str
    colour: str
    box: Sequence[float] | None
    """(x_min, y_min, x_max, y_max); None for a class of the whole image."""
    polygons: Sequence[Sequence[float]] | None
    """Rings of x, y, x, y, ...; drawn in place of the box."""


class ViewerMap(TypedDict):
    """One finished map."""

    key: str
    title: str
    detail: str
    """Such as "layer features.18, 7 × 7"."""
    seconds: NotRequired[float]
    grid: Sequence[int]
    """(height, width) of the values."""
    values: str
    """Base64 of float32, little endian, row by row: raw and signed, already upright."""
    region: Sequence[float]
    """(x_min, y_min, x_max, y_max) of the grid on the upright photo, fractions; outside stays free of colour."""
    regional: bool
    """Regions keep their edges; other maps are interpolated."""
    target: ViewerTarget
    warnings: Sequence[str]
    """Sentences under the maps."""
    inside: float | None
    """Share of the positive evidence inside the target, in [0, 1]."""
    scale: NotRequired[str]
    """Colours of this map alone, whatever the reader chose for the others: "signed" for a difference."""
    flag: NotRequired[str]
    """A failed check in two words, shown beside the title."""


class RunningMethod(TypedDict):
    key: str
    title: str


class FigureCell(TypedDict):
    """A figure of one map."""

    value: float
    low: float | None
    """Ends of the 95 % interval, where there is one."""
    high: float | None
    random: float | None
    """What a random map gets on the same image."""
    is_best: bool
    is_failed: bool
    words: str
    """The figure in a sentence, shown when the pointer rests on it."""


class FigureRow(TypedDict):
    """A figure that says how far to trust the maps, a cell for each of them."""

    title: str
    note: str
    """Such as "higher is better"."""
    scale: Sequence[float]
    """(lowest, highest) of the line the values stand on."""
    cells: Sequence[FigureCell | None]


class ViewerDrawing(TypedDict):
    """A photo before the maps, to draw the box of a missed object on."""

    title: str
    hint: str
    colour: str
    box: Sequence[float] | None
    """Drawn before; fractions of the upright photo."""


class MapViewerData(TypedDict):
    """The first three of maps and running methods are shown, in this order."""

    photo: ViewerPhoto
    maps: Sequence[ViewerMap]
    running: NotRequired[Sequence[RunningMethod]]
    """Methods at work: a grey block of the final size each."""
    trust: NotRequired[Sequence[FigureRow]]
    drawing: NotRequired[ViewerDrawing]
    shared_scale: NotRequired[bool]
    """Whether maps share one colour scale until the reader chooses; worth it only for maps of one unit."""


mount_map_viewer = component("components.map_viewer", js="map_viewer.js", css="map_viewer.css")


class DrawnBox(TypedDict):
    """The last box drawn: on which photo, and (x_min, y_min, x_max, y_max) in fractions of it, upright."""

    photo: str
    box: list[float]


def ignore_change() -> None:
    """Stand for the callback that declares a value to Streamlit; the page reads the value itself."""


def map_viewer(data: MapViewerData, *, key: str) -> DrawnBox | None:
    """Draw the maps with their controls. View, colours and opacity are the reader's and stay in the browser.

    Args:
        data: The photo, its maps and the methods still running.
        key: Identity of the viewer; the reader's display settings are kept under this name while the tab lives.

    Returns:
        The box drawn last on the photo of `data["drawing"]`; None before the first.
    """
    result = mount_map_viewer(key=key, data={**data, "key": key}, on_drawn_change=ignore_change)
    return result.get("drawn")
