"""What is painted on the desk, as pixels: canvases have no elements to ask."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from domain.orientation import array_to_stored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.components.annotator.conftest import DeskPage

CAN, CARTON, MILK, WATER = "#41BDFE", "#FAA500", "#0FA184", "#FE67BB"
RED, GREEN, GREY = np.array([225, 30, 30]), np.array([30, 225, 30]), np.array([120, 120, 120])
_PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

Place = tuple[float, float]


def look(desk: DeskPage) -> NDArray[np.int16]:
    """(H, W, 3), the page as a person sees it, after what was asked for is painted."""
    desk.page.evaluate(_PAINTED)
    with Image.open(io.BytesIO(desk.page.screenshot())) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.int16)


def share_of_line(desk: DeskPage, start: Place, end: Place, colour: str) -> float:
    """Which part of the straight line between two places of the photo bears a colour, 0 to 1, within a pixel of it."""
    picture = look(desk)
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    (x0, y0), (x1, y1) = desk.at(*start), desk.at(*end)
    count = int(max(abs(x1 - x0), abs(y1 - y0)))
    steps = np.linspace(0, 1, count)
    hits = [_is_near(picture, x0 + step * (x1 - x0), y0 + step * (y1 - y0), wanted) for step in steps]
    return sum(hits) / count


def _is_near(picture: NDArray[np.int16], x: float, y: float, colour: NDArray[np.int_]) -> bool:
    column, row = int(x), int(y)
    around = picture[row - 1 : row + 2, column - 1 : column + 2]
    return bool((np.abs(around - colour).max(axis=2) < 40).any())


def colour_at(desk, x, y):
    left, top = desk.at(x, y)
    return look(desk)[round(top), round(left)]


def is_like(colour, wanted, tolerance=25):
    return np.abs(colour - wanted).max() <= tolerance


def save_turned(file, pixels, orientation, **options):
    """Store an upright picture so that its EXIF orientation turns it upright again."""
    file.parent.mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(array_to_stored(pixels, orientation)).save(file, exif=exif, **options)
