"""Several records about one image become one, for formats that name every image once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from domain.finding import Finding, Severity
from domain.prediction import join_contents
from formats.base import Record

_Key = tuple[str, str, str]


@dataclass(slots=True)
class Repeats:
    """Finds images that stand more than once, in the order they come.

    Only hashes of the keys are held; whole records only of repeated images.

    Attributes:
        name_of: What the target calls the image an address names.
        count: Records about an image that stood before.
    """

    name_of: Callable[[str], str]
    count: int = 0
    _addresses: dict[int, int] = field(default_factory=dict[int, int])
    _repeated: set[int] = field(default_factory=set[int])

    def add(self, record: Record) -> None:
        """Look at a record once, before `merge`."""
        key, address = hash(self._key(record)), hash(record.image_url)
        if key not in self._addresses:
            self._addresses[key] = address
        elif self._addresses[key] == address:
            self._repeated.add(key)
            self.count += 1

    def merge(self, read: Callable[[], Iterable[Record]]) -> Iterator[Record]:
        """Yield one record an image, role and model, in the place of the first.

        Of objects all are kept, of classes the last line holds, as Azure does (formats.md 1.1). An image of another
        address that the target would call by the same name comes without content, with the reason.

        Args:
            read: Yields all records anew at each call.
        """
        joined = self._join_repeated(read()) if self._repeated else {}
        for record in read():
            key = self._key(record)
            if self._addresses.get(hash(key)) != hash(record.image_url):
                yield _clashing(record, key[0])
            elif hash(key) not in self._repeated:
                yield record
            elif (whole := joined.pop(key, None)) is not None:
                yield whole

    def _join_repeated(self, records: Iterable[Record]) -> dict[_Key, Record]:
        joined: dict[_Key, Record] = {}
        for record in records:
            key = self._key(record)
            if hash(key) in self._repeated and self._addresses[hash(key)] == hash(record.image_url):
                joined[key] = _join(joined.get(key), record)
        return joined

    def _key(self, record: Record) -> _Key:
        return (self.name_of(record.image_url), record.role, record.facts.model)


def _clashing(record: Record, name: str) -> Record:
    message = f"another image is called {name} in the target: give the images names that differ"
    finding = Finding("NAME", Severity.ERROR, message)
    return replace(record, content=None, text="", findings=(finding,))


def _join(earlier: Record | None, later: Record) -> Record:
    if earlier is None:
        return later
    content = join_contents(each.content for each in (earlier, later) if each.content is not None)
    findings, ids = earlier.findings + later.findings, earlier.instance_ids + later.instance_ids
    return replace(earlier, content=content, findings=findings, text="", fields={}, instance_ids=ids)
