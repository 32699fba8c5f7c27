"""One line of JSON: the fast parser first, the standard library's for everything it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from formats.azure.diagnosis import examine_line
from formats.azure.report import LineReport, Remarks


def iterate_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield (1-based number, bytes without line end) of every line that is not blank."""
    for number, raw in enumerate(lines, start=1):
        content = raw.rstrip(b"\r\n")
        if content and not content.isspace():
            yield number, content


def parse_line(raw: bytes, report: LineReport) -> Any | None:
    """Parse one line and note what is wrong with it; None when it is not JSON.

    The report's `text` is set to the decoded line. A line with NaN, a huge number or a key that stands twice is
    parsed all the same, with a finding.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return examine_line(raw, report)
    if _may_repeat_a_key(raw, value) or b"\\u0000" in raw:
        return examine_line(raw, report)
    report.text = raw.decode()
    return value


def _may_repeat_a_key(raw: bytes, value: Any) -> bool:
    """Whether the slow parser must look for a key that stands twice; never False when there is one.

    Where no colon follows white space, every key contributes one `":` at least, so as many of them as there are
    distinct keys means that no key repeats. Keys deeper than the known shapes are not counted: they raise suspicion.
    """
    if b" :" in raw or b"\t:" in raw or b"\r:" in raw:
        return True
    return raw.count(b'":') != _count_keys(value)


def _count_keys(value: Any) -> int:
    """Keys of an object, of the objects in it, and of the objects in its lists."""
    if type(value) is not dict:
        return -1
    count = len(value)
    for member in value.values():
        if type(member) is dict:
            count += len(member)
        elif type(member) is list:
            count += sum(len(element) + _count_inner(element) for element in member if type(element) is dict)
    return count


def _count_inner(element: dict[str, Any]) -> int:
    box = element.get("box")
    return len(box) if type(box) is dict else 0


def loads_leniently(raw: bytes) -> Any | None:
    """Parse a line for a first look; None when it is not JSON."""
    try:
        value = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        value = None
    if value is None or b"\\u0000" in raw:
        return examine_line(raw, LineReport("", 0, "JL", Remarks()))
    return value
