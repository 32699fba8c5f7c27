"""Whether a file that was written says what it was meant to say: it is read again and compared, record by record."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from domain.prediction import Content, Instance, Instances, Labels
from formats.base import Record, Role

_SCORE_TOLERANCE = 1e-9
_Key = tuple[str, Role, str]


def find_differences(meant: Iterable[Record], found: Iterable[Record], *, precision: float) -> Iterator[str]:
    """Yield a sentence for every record that is not as it was meant, that is missing, or that nobody meant.

    Records are paired by image, role and model. As long as both sides come in the same order nothing is held.

    Args:
        meant: What was written.
        found: What was read back.
        precision: Largest difference of a coordinate, in fractions of the image.
    """
    waiting: dict[_Key, deque[Record]] = {}
    unmatched: dict[_Key, deque[Record]] = {}
    for left, right in zip_longest(meant, found):
        if left is not None and right is not None and _key(left) == _key(right):
            if not says_the_same(left.content, right.content, precision=precision):
                yield _differs(left)
            continue
        for record, own, other in ((left, waiting, unmatched), (right, unmatched, waiting)):
            if record is None:
                continue
            partner = _take(other, _key(record))
            if partner is None:
                own.setdefault(_key(record), deque()).append(record)
            elif not says_the_same(record.content, partner.content, precision=precision):
                yield _differs(record)
    yield from (f"{key[0]}: it is missing in the file" for key, records in waiting.items() for _ in records)
    yield from (f"{key[0]}: nobody meant to write it" for key, records in unmatched.items() for _ in records)


def says_the_same(a: Content | None, b: Content | None, *, precision: float) -> bool:
    """Whether two contents are equal up to instance ids, the order of objects and `precision`."""
    if isinstance(a, Labels) and isinstance(b, Labels):
        return a.scores.keys() == b.scores.keys() and all(
            abs(score - b.scores[name]) <= _SCORE_TOLERANCE for name, score in a.scores.items()
        )
    if isinstance(a, Instances) and isinstance(b, Instances):
        return len(a.items) == len(b.items) and _pairs_up(a.items, list(b.items), precision)
    return a is None and b is None


def _pairs_up(items: Iterable[Instance], others: list[Instance], precision: float) -> bool:
    for item in items:
        partner = next((index for index, other in enumerate(others) if _is_same(item, other, precision)), None)
        if partner is None:
            return False
        del others[partner]
    return True


def _is_same(a: Instance, b: Instance, precision: float) -> bool:
    if a.label != b.label or bool(a.is_crowd) != bool(b.is_crowd) or len(a.polygons) != len(b.polygons):
        return False
    if (a.score is None) != (b.score is None) or abs((a.score or 0.0) - (b.score or 0.0)) > _SCORE_TOLERANCE:
        return False
    # Where there are outlines the box is theirs, whatever a file says beside them.
    shapes = zip(a.polygons, b.polygons, strict=True) if a.polygons else [(a.box.as_tuple(), b.box.as_tuple())]
    return all(
        len(one) == len(two) and all(abs(x - y) <= precision for x, y in zip(one, two, strict=True))
        for one, two in shapes
    )


def _take(records: dict[_Key, deque[Record]], key: _Key) -> Record | None:
    queue = records.get(key)
    if not queue:
        return None
    record = queue.popleft()
    if not queue:
        del records[key]
    return record


def _key(record: Record) -> _Key:
    return (record.image_url, record.role, record.facts.model)


def _differs(record: Record) -> str:
    return f"{record.image_url}: it reads back other than it was meant"
