"""Named lookup of the classes of one family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from domain.errors import UnknownNameError

Family = TypeVar("Family")
Member = TypeVar("Member")


class Registry(Mapping[str, type[Family]], Generic[Family]):
    """Classes of one kind, found by name, in the order they were registered.

    Attributes:
        kind: Noun used in error messages, e.g. "explanation method".
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._classes: dict[str, type[Family]] = {}

    def register(self, name: str, cls: type[Member]) -> type[Member]:
        """File `cls` under `name` and return it.

        Raises:
            ValueError: The name is taken by another class.
        """
        if name in self._classes:
            raise ValueError(f"{self.kind} '{name}' is registered twice")
        self._classes[name] = cls  # pyright: ignore[reportArgumentType]
        return cls

    def __getitem__(self, name: str) -> type[Family]:
        """Return the class filed under `name`.

        Raises:
            UnknownNameError: No such name; the message lists the known ones.
        """
        try:
            return self._classes[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, known=sorted(self._classes)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)
