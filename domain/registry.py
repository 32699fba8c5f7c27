"""Named lookup of the classes of one family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
        self._aliases: dict[str, str] = {}

    def register(self, name: str, cls: type[Member], *, aliases: Sequence[str] = ()) -> type[Member]:
        """File `cls` under `name` and return it; `aliases` are what other software calls it.

        Raises:
            ValueError: The name or an alias is taken by another class.
        """
        for taken in (name, *aliases):
            if taken in self._classes or taken in self._aliases:
                raise ValueError(f"{self.kind} '{taken}' is registered twice")
        self._classes[name] = cls  # pyright: ignore[reportArgumentType]
        self._aliases.update(dict.fromkeys(aliases, name))
        return cls

    def own_name(self, name: str) -> str:
        """Return the name a class is filed under, given that name or an alias; an unknown name as it is."""
        return self._aliases.get(name, name)

    def aliases_of(self, name: str) -> tuple[str, ...]:
        """Return what other software calls the class filed under `name`."""
        return tuple(alias for alias, own_name in self._aliases.items() if own_name == name)

    def __getitem__(self, name: str) -> type[Family]:
        """Return the class filed under `name`.

        Raises:
            UnknownNameError: No such name; the message lists the known ones.
        """
        try:
            return self._classes[self.own_name(name)]
        except KeyError:
            raise UnknownNameError(self.kind, name, known=sorted(self._classes)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._classes or name in self._aliases

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)
