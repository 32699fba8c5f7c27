"""Several lines about one image become one record, for formats that name every image once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from domain.prediction import Instances
from formats.base import Record

_Key = tuple[str, str, str]


@dataclass(slots=True)
class Repeats:
    """Finds images that stand more than once, in the order they come.

    Only a hash of every key is held (8 bytes and the set around it); whole records only of repeated images.
    """

    _seen: set[int] = field(default_factory=set[int])
    _repeated: set[int] = field(default_factory=set[int])

    def add(self, record: Record) -> None:
        """Look at a record once, before `merge`."""
        key = hash(_key(record))
        if key in self._seen:
            self._repeated.add(key)
        self._seen.add(key)

    def merge(self, records: Iterable[Record], *, keeps: bool) -> Iterator[Record]:
        """Yield one record an image, role and model; or all as they come with `keeps`.

        Of objects all are kept, of classes the last line holds, as Azure does (formats.md 1.1). A merged record comes
        last, when all its parts are known.
        """
        waiting: dict[_Key, Record] = {}
        for record in records:
            if keeps or hash(_key(record)) not in self._repeated:
                yield record
            else:
                waiting[_key(record)] = _join(waiting.get(_key(record)), record)
        yield from waiting.values()


def _key(record: Record) -> _Key:
    return (record.image_url, record.role, record.facts.model)


def _join(earlier: Record | None, later: Record) -> Record:
    if earlier is None or earlier.content is None:
        return later
    findings = earlier.findings + later.findings
    if isinstance(earlier.content, Instances) and isinstance(later.content, Instances):
        content = Instances(earlier.content.items + later.content.items)
        return replace(earlier, content=content, findings=findings, text="", fields={}, instance_ids=())
    return replace(later if later.content is not None else earlier, findings=findings)
