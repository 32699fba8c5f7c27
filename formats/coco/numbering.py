"""The numbers of images and classes in what is written: the same for labels and for results."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import PurePosixPath

from formats.base.characters import NOT_IN_JSON, clean
from formats.base.format import WriteOptions

_NUMBER_IN_STEM = re.compile(r"(?:COCO_[a-z]+20[0-9]{2}_)?([0-9]{1,16})")
_FIRST_OF_NAMES = 2**52


class ImageNumbers:
    """Gives images their numbers, from their names alone, so that labels and results of the same images fit each other.

    An image gets the number its file is called by, as COCO's are (000000000139.jpg and COCO_val2014_000000000139.jpg
    are 139). Any other gets a number from 2**52 to 2**53 that is computed from its path: it does not depend on which
    images come before, and results leave out images without objects. Where a second file is called by the same number
    (a/1.jpg, b/1.jpg), it counts as one without.
    """

    def __init__(self) -> None:
        self._owners: dict[int, int] = {}

    def find(self, name: str) -> int:
        """The number of an image, the same for the same name."""
        number, owner = self._start(name)
        while self._owners.setdefault(number, owner) != owner:
            number = max(number + 1, _FIRST_OF_NAMES)
        return number

    def add(self, name: str) -> int:
        """The number of one more image; one of its own where the name stood before."""
        number, owner = self._start(name)
        while number in self._owners:
            number = max(number + 1, _FIRST_OF_NAMES)
        self._owners[number] = owner
        return number

    def _start(self, name: str) -> tuple[int, int]:
        """The number a name asks for, and what tells it from other names."""
        own = int.from_bytes(blake2b(name.encode(errors="replace"), digest_size=8).digest())
        found = _NUMBER_IN_STEM.fullmatch(PurePosixPath(name).stem)
        number = int(found[1]) if found is not None else _FIRST_OF_NAMES
        is_free = number < _FIRST_OF_NAMES and self._owners.get(number, own) == own
        return (number if is_free else _FIRST_OF_NAMES + own % _FIRST_OF_NAMES), own


class ClassNumbers:
    """Gives classes the numbers they had; others stand behind them in the order of the options, without any from 1.

    Attributes:
        names: Number by class name, listed classes first.
    """

    def __init__(self, options: WriteOptions) -> None:
        owners: dict[int, str] = {}
        for name, number in options.numbers.items():
            if 0 <= number < _FIRST_OF_NAMES:
                owners.setdefault(number, clean(name, NOT_IN_JSON))
        self._given = {name: number for number, name in owners.items()}
        self._next = max(self._given.values(), default=0) + 1
        self.names: dict[str, int] = {}
        for name in options.classes:
            self.number(name)

    def number(self, label: str) -> int:
        name = clean(label, NOT_IN_JSON)
        if name not in self.names:
            known = self._given.get(name)
            self.names[name] = self._next if known is None else known
            self._next += known is None
        return self.names[name]
