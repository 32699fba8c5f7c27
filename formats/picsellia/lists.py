"""The parallel lists of a prediction as labels or objects (formats.md 6.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Content, Instance, Instances, Labels
from formats.base.numbers import finite_number, parse_number

Note = Callable[..., None]
"""Called with (code, message, annotation=, remedy=)."""

_PLACES = {"detection_masks": "mask", "detection_boxes": "box"}
_UNKNOWN_SHAPES = ("lines", "points", "keypoints")
_OUTSIDE = 1e-9


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads the lists of one prediction.

    Attributes:
        classes: Names by number.
        size: (width, height) of the image; None when unknown.
        prefix: Of the instance ids.
        note: Takes what is wrong.
    """

    classes: Mapping[int, str]
    size: tuple[int, int] | None
    prefix: str
    note: Note

    def read(self, fields: Mapping[str, Any]) -> tuple[Content | None, tuple[str, ...]]:
        """Return the content and, in source order, the ids of objects, "" for one that cannot be used."""
        unknown = next((key for key in _UNKNOWN_SHAPES if key in fields), "")
        if unknown:
            self.note("EX015", f"The prediction holds {unknown}; only classes, boxes and masks are known.")
            return None, ()
        kind = kind_of(fields)
        names = self._read_names(fields, kind)
        if names is None:
            return None, ()
        scores = [self._read_score(index, score) for index, score in enumerate(fields["detection_scores"])]
        if kind == "class":
            return self._read_labels(names, scores), ()
        return self._read_objects(fields, kind, names, scores)

    def _read_names(self, fields: Mapping[str, Any], kind: str) -> list[str] | None:
        """The class names, "" for one that is unknown; None (noted) when the lists do not fit together."""
        keys = ["detection_classes", "detection_scores"]
        keys += [key for key, word in _PLACES.items() if word == kind]
        wrong = [key for key in keys if not isinstance(fields.get(key), list)]
        if wrong:
            self.note("PI001", f"{wrong[0]} is no list.", remedy=f"Give {', '.join(keys)} as lists of one length.")
            return None
        lengths = {key: len(fields[key]) for key in keys}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{count} in {key}" for key, count in lengths.items())
            self.note("PI001", f"The lists differ in length: {found}.", remedy="List as many of each.")
            return None
        numbers, texts = fields["detection_classes"], fields.get("detection_texts")
        if texts is not None and not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
            self.note("PI002", "detection_texts is no list of texts.", remedy="Leave it out, or mend it.")
            texts = None
        if texts and len(texts) != len(numbers):
            self.note("PI002", f"There are {len(texts)} texts for {len(numbers)} classes.", remedy="Give one a class.")
            texts = None
        given = texts or [""] * len(numbers)
        return [self._read_name(index, number, given[index]) for index, number in enumerate(numbers)]

    def _read_name(self, index: int, number: Any, text: str) -> str:
        value = self._coerced(index, number, "class")
        if value is None or not value.is_integer() or value < 0:
            message = f"The class is {number!r:.80}, expected a whole number from 0."
            self.note("PI003", message, annotation=index, remedy="Send the number of a label of the deployment.")
            return text
        known = self.classes.get(int(value), "")
        if text and known and text != known:
            message = f"The class {int(value)} is called {text!r:.80} here and {known!r:.80} by the label map."
            self.note("EX009", message, annotation=index, remedy="Check the label map.")
        if not text and not known:
            message = f"Nothing tells the name of class {int(value)}."
            self.note("EX004", message, annotation=index, remedy="Name the classes, or put NAME.labels.json beside.")
        return text or known

    def _read_score(self, index: int, value: Any) -> float | None:
        number = self._coerced(index, value, "score")
        if number is None or not 0 <= number <= 1:
            message = f"The score is {value!r:.80}, expected a number from 0 to 1."
            self.note("PI004", message, annotation=index, remedy="Mend it.")
            return None
        return number

    def _coerced(self, index: int, value: Any, word: str) -> float | None:
        number = finite_number(value)
        if number is None and isinstance(value, str) and (number := parse_number(value)) is not None:
            self.note("EX009", f"The {word} is the text {value!r:.80}.", annotation=index, remedy="Write a number.")
        return number

    def _read_labels(self, names: list[str], scores: list[float | None]) -> Labels | None:
        found: dict[str, float] = {}
        for index, (name, score) in enumerate(zip(names, scores, strict=True)):
            if not name or score is None:
                continue
            if name in found:
                message = f"The class {name!r:.80} stands twice; the first is kept."
                self.note("EX010", message, annotation=index, remedy="List it once.")
            found.setdefault(name, score)
        return Labels(found) if found or not names else None

    def _read_objects(
        self, fields: Mapping[str, Any], kind: str, names: list[str], scores: list[float | None]
    ) -> tuple[Content | None, tuple[str, ...]]:
        places = fields["detection_masks" if kind == "mask" else "detection_boxes"]
        read_place = self._read_mask if kind == "mask" else self._read_box
        items: list[Instance | None] = []
        for index, place in enumerate(places):
            values = read_place(index, place)
            score = scores[index]
            usable = values is not None and bool(names[index]) and score is not None
            items.append(self._place(index, names[index], score, values, kind) if usable and values else None)
        if self.size is None and places:
            return None, ()
        ids = tuple(item.instance_id if item is not None else "" for item in items)
        return Instances(tuple(item for item in items if item is not None)), ids

    def _read_box(self, index: int, place: Any) -> Segment | None:
        """left, top, right, bottom in pixels."""
        numbers = [_whole(value) for value in place] if isinstance(place, list) else []
        values = [number for number in numbers if number is not None]
        if len(values) != 4 or len(numbers) != 4:
            message = f"The box is {place!r:.80}, expected four whole numbers: top, left, bottom, right."
            self.note("PI005", message, annotation=index, remedy="Round the pixels.")
            return None
        top, left, bottom, right = values
        if top >= bottom or left >= right:
            message = f"The box is {place!r:.80}: it has no area in the order top, left, bottom, right."
            self.note("PI006", message, annotation=index, remedy="Check the order of its numbers.")
            return None
        return left, top, right, bottom

    def _read_mask(self, index: int, place: Any) -> Segment | None:
        """x, y, x, y... in pixels; a flat list, as before version 6.7, is read and noted."""
        points = place if isinstance(place, list) else []
        is_flat = bool(points) and not any(isinstance(point, list) for point in points)
        if not is_flat and not all(isinstance(point, list) and len(point) == 2 for point in points):
            points = []
        flat = points if is_flat else [value for point in points for value in point]
        numbers = [_whole(value) for value in flat]
        values = tuple(number for number in numbers if number is not None)
        is_fine = len(values) == len(numbers) and len(values) >= 6 and len(values) % 2 == 0
        if not is_fine or is_flat:
            found = "a flat list, as before version 6.7," if is_flat else f"{place!r:.80},"
            message = f"The mask is {found} expected at least three points of two whole numbers: [[x, y], ...]."
            self.note("PI007", message, annotation=index, remedy="Send points.")
        return values if is_fine else None

    def _place(self, index: int, name: str, score: float | None, values: Segment, kind: str) -> Instance | None:
        if self.size is None:
            return None
        fractions = tuple(value / self.size[place % 2] for place, value in enumerate(values))
        if min(fractions) < -_OUTSIDE or max(fractions) > 1 + _OUTSIDE:
            message = f"The {kind} reaches outside the image of {self.size[0]} x {self.size[1]} pixels."
            self.note("EX013", message, annotation=index, remedy="Check the height and width.")
        box = bounding_box([fractions]) if kind == "mask" else Box(*fractions)
        if box is None or box.width <= 0 or box.height <= 0:
            self.note("EX007", "The mask has no area.", annotation=index, remedy="Mend or delete the object.")
            return None
        return Instance(f"{self.prefix}-{index}", name, box, score, (fractions,) if kind == "mask" else ())


def kind_of(fields: Mapping[str, Any]) -> str:
    """Tell "mask", "box" or "class" by the lists that a prediction has."""
    return next((word for key, word in _PLACES.items() if fields.get(key) is not None), "class")


def _whole(value: Any) -> float | None:
    """A whole number of pixels, 10.0 among them; None for anything else."""
    number = finite_number(value)
    return number if number is not None and number.is_integer() else None
