"""Boxes and outlines of one row, from pixels into fractions (formats.md 5.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance, Instances
from formats.arize.cells import Note, as_number
from formats.arize.columns import ObjectColumns
from formats.arize.outlines import outline_problem

_NORMALISED = 1.5


@dataclass(frozen=True, slots=True)
class ObjectCells:
    """What reads the objects of one side of a row.

    Attributes:
        columns: Where they stand.
        has_outlines: They are outlines, not boxes.
        prefix: Of their instance ids.
        note: Takes what is wrong.
    """

    columns: ObjectColumns
    has_outlines: bool
    prefix: str
    note: Note

    def read(self, row: Mapping[str, Any], size: tuple[int, int] | None) -> tuple[Instances | None, tuple[str, ...]]:
        """Return the objects and, in source order, their ids, "" for one that cannot be used; None (noted) without."""
        places: Any = row.get(self.columns.coordinates)
        names: Any = row.get(self.columns.categories)
        scores: Any = row.get(self.columns.scores) if self.columns.scores else None
        if not self._are_lists(places, names, scores):
            return None, ()
        counts = {len(each) for each in (places, names, scores) if each is not None}
        if len(counts) > 1:
            found = f"{len(places)} {self._noun}s, {len(names)} categories"
            found += f", {len(scores)} scores" if scores is not None else ""
            self.note("AR050", f"The row has {found}: the numbers differ.", remedy="List as many of each.")
            return None, ()
        items = [
            self._read_object(index, place, names[index], scores[index] if scores is not None else None, size)
            for index, place in enumerate(places)
        ]
        if size is None and places:
            message = "The size of the image is not known: pixels cannot be placed on it."
            self.note("EX008", message, remedy="Name the folder of the images.")
            return None, ()
        self._look_at_scale(places, size)
        ids = tuple(item.instance_id if item is not None else "" for item in items)
        return Instances(tuple(item for item in items if item is not None)), ids

    @property
    def _noun(self) -> str:
        return "outline" if self.has_outlines else "box"

    def _code(self, boxes: str, outlines: str) -> str:
        return outlines if self.has_outlines else boxes

    def _are_lists(self, places: Any, names: Any, scores: Any) -> bool:
        missing = [
            (code, word)
            for code, word, value in (
                (self._code("AR015", "AR018"), self._noun, places),
                (self._code("AR016", "AR019"), "category", names),
                (self._code("AR017", "AR020"), "score", scores if self.columns.scores else []),
            )
            if not isinstance(value, list)
        ]
        for code, word in missing:
            self.note(code, f"The row has no list of {word} values, not even an empty one.", remedy="Write [].")
        return not missing

    def _read_object(
        self, index: int, place: Any, name: Any, score: Any, size: tuple[int, int] | None
    ) -> Instance | None:
        def note(code: str, message: str) -> None:
            self.note(code, message, annotation=index, remedy="Mend or delete the object.")

        numbers = [as_number(value) for value in place] if isinstance(place, list) else []
        values = tuple(number for number in numbers if number is not None)
        if len(values) < len(numbers):
            note("EX005", "A coordinate is missing or no finite number.")
            return None
        problem = outline_problem(values) if self.has_outlines else _box_problem(values)
        if problem:
            note(self._code("AR015", "AR018"), f"Found: {problem}." if not self.has_outlines else f"{problem}.")
        if not isinstance(name, str) or not name:
            code = "EX004" if name == "" else self._code("AR016", "AR019")
            note(code, f"The category is {name!r:.80}, expected a text.")
            return None
        number = as_number(score)
        if self.columns.scores and (number is None or not 0 <= number <= 1):
            note(self._code("AR017", "AR020"), f"The score is {score!r:.40}, expected a number from 0 to 1.")
            return None
        if problem or size is None:
            return None
        return self._place(index, values, name, number, size)

    def _place(
        self, index: int, values: Segment, name: str, score: float | None, size: tuple[int, int]
    ) -> Instance | None:
        fractions = tuple(value / size[place % 2] for place, value in enumerate(values))
        if max(fractions) > 1 + 1e-9:
            message = "A coordinate lies outside the image."
            self.note("EX013", message, annotation=index, remedy="Check the size of the image.")
        ring = fractions if self.has_outlines else None
        box = bounding_box([ring]) if ring is not None else Box(*fractions)
        if box is None or box.width <= 0 or box.height <= 0:
            self.note("EX007", "The outline has no area.", annotation=index, remedy="Mend or delete the object.")
            return None
        return Instance(f"{self.prefix}-{index}", name, box, score, (ring,) if ring is not None else ())

    def _look_at_scale(self, places: list[Any], size: tuple[int, int] | None) -> None:
        numbers = [value for place in places if isinstance(place, list) for value in place if as_number(value)]
        if numbers and size is not None and min(size) > _NORMALISED and max(numbers) <= _NORMALISED:
            message = "All coordinates are below 1.5: they look like fractions, expected pixels."
            self.note("AR052", message, remedy="Multiply them by the size of the image if it is so.")


def _box_problem(values: Segment) -> str:
    if len(values) != 4:
        return f"a box of {len(values)} numbers, expected xmin, ymin, xmax, ymax"
    if min(values) < 0:
        return f"the coordinate {min(values):g}, expected none below 0"
    if values[0] >= values[2] or values[1] >= values[3]:
        return f"a box from {values[:2]} to {values[2:]}, expected xmin < xmax and ymin < ymax"
    return ""
