"""How far a saliency map can be trusted: measured figures, each beside what chance would give."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured number and how exactly it is known.

    Attributes:
        value: What was measured.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval; with n = 1 both ends are the value, since one value has no interval.
        n: What it rests on: masked pictures, random maps, seeds and images, or other classes, see each figure.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of trust as a person reads it.

    Attributes:
        name: Key in files, e.g. "insertion".
        title: On screens.
        estimate: Its value, 95 % interval and n.
        in_words: A full sentence.
        random: The same figure of random maps on the same image, None where it makes no sense.
        centre: The same figure of a map that always points to the centre of the image, None where it makes no sense.
        is_higher_better: False: low values speak for the map.
        scale: Lowest and highest value to draw it between.
    """

    name: str
    title: str
    estimate: Estimate
    in_words: str
    random: float | None = None
    centre: float | None = None
    is_higher_better: bool = True
    scale: tuple[float, float] = (0.0, 1.0)

    @property
    def is_no_better_than_chance(self) -> bool:
        """Whether a random map on the same image does as well; False where that makes no sense."""
        if self.random is None:
            return False
        return self.estimate.value <= self.random if self.is_higher_better else self.estimate.value >= self.random


@dataclass(frozen=True, slots=True)
class Trust:
    """What was found out about one map.

    Attributes:
        figures: In the order they are shown.
        in_words: The headline, a full sentence.
        score: The model's score of what is explained, on the picture measured.
        excess: How much insertion minus deletion lies above that of random maps on the same image; None when it could
            not be measured. Its place in the model's null distribution is the figure "rank".
        centre_excess: The same of a map that points to the centre.
        cells: Cells along a side of those random maps.
        omitted: Names of figures that take long with this method, and are measured on request.
        warnings: Why other figures are missing, and what else a reader should know; full sentences.
        seed: Same seed, same machine: same figures.
        forward_passes: What the figures took, a backward pass counting as two: the references of this image, unless
            they were known, and further maps included, the null distribution of the model not.
        seconds: How long that took.
    """

    figures: tuple[Figure, ...]
    in_words: str
    score: float = 0.0
    excess: float | None = None
    centre_excess: float | None = None
    cells: int = 0
    omitted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seed: int = 0
    forward_passes: int = 0
    seconds: float = 0.0

    def find(self, name: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.name == name), None)


@dataclass(frozen=True, slots=True)
class WeightCheck:
    """Whether the maps of a method change when the model's weights are replaced by random ones.

    Attributes:
        model_id: The model.
        method: Registry name of the method.
        is_passed: See `metrics.randomisation.judge`; None when no map could be compared.
        correlation: Mean rank correlation of a map with that of the model with random weights; n pairs.
        complexity_rise: Mean relative rise of the map's complexity under random weights; n pairs.
        images: How many images were looked at.
        seeds: With how many random weights.
        vanished: Pairs where the model with random weights gives no map at all.
        in_words: A full sentence.
    """

    model_id: str
    method: str
    is_passed: bool | None
    correlation: Estimate | None
    complexity_rise: Estimate | None
    images: int
    seeds: int
    vanished: int
    in_words: str
