"""Counting what goes into a file and what comes out of it, by class."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from domain.prediction import class_names
from formats.base import Record


@dataclass(slots=True)
class Tally:
    """What a stream of contents holds.

    Attributes:
        records: Contents counted, empty ones included.
        classes: Class name -> objects, or images that have the class.
        unreadable: Objects that the reader could not understand.
    """

    records: int = 0
    classes: Counter[str] = field(default_factory=Counter[str])
    unreadable: int = 0

    def add(self, record: Record) -> None:
        self.records += 1
        self.unreadable += len(record.unreadable_objects)
        if record.content is not None:
            self.classes.update(class_names(record.content))

    @property
    def things(self) -> int:
        """Objects or classes in all."""
        return self.classes.total() + self.unreadable
