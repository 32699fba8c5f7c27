"""A place on an image that a verdict points at, with its plain form for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.geometry import Box


@dataclass(frozen=True, slots=True)
class Brush:
    """A brushed mask on the stored pixel grid.

    Attributes:
        width: Pixels.
        height: Pixels.
        runs: Lengths of runs, row by row from the top left: pixels left out, pixels brushed, and so on by turns. They
            add up to width x height.
    """

    width: int
    height: int
    runs: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the runs cover the grid exactly."""
        sizes = self.width > 0 and self.height > 0 and all(run >= 0 for run in self.runs)
        return sizes and sum(self.runs) == self.width * self.height


Region = Box | Brush


def region_to_plain(region: Region) -> dict[str, Any]:
    """Return `region` as a dictionary for JSON."""
    if isinstance(region, Box):
        return {"box": list(region.as_tuple())}
    return {"width": region.width, "height": region.height, "runs": list(region.runs)}


def region_from_plain(plain: Mapping[str, Any]) -> Region:
    """Return what `region_to_plain` was given.

    Raises:
        ValueError: It has another shape, or the runs do not cover the grid.
    """
    if plain.keys() == {"box"}:
        return Box(*_numbers(plain["box"], count=4))
    if plain.keys() != {"width", "height", "runs"}:
        raise ValueError("a region is a box, or width, height and runs")
    brush = Brush(_whole(plain["width"]), _whole(plain["height"]), tuple(map(_whole, plain["runs"])))
    if not brush.is_whole:
        raise ValueError(f"{sum(brush.runs)} pixels in runs; expected {brush.width} x {brush.height}")
    return brush


def _numbers(values: Any, *, count: int) -> list[float]:
    if not isinstance(values, list) or len(values) != count or not all(type(each) in {int, float} for each in values):
        raise ValueError(f"expected {count} numbers")
    return [float(each) for each in values]


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no whole number")
    return value
