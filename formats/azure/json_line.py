"""One line of JSON: the fast parser first, the standard library's for everything it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from formats.azure.diagnosis import examine_line
from formats.azure.report import LineReport, Remarks
from formats.base.files import LONGEST_LINE

_KEPT = 1000


def iterate_lines(lines: Iterable[bytes], *, start: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield (1-based number, bytes without line end) of every line that is not blank; cut ones as they are."""
    for number, raw in enumerate(lines, start=start):
        if is_too_long(raw):
            yield number, raw
            continue
        content = raw.rstrip(b"\r\n")
        if content and not content.isspace():
            yield number, content


def is_too_long(raw: bytes) -> bool:
    """Whether a line may be cut, as `formats.base.files.lines_of` does it with lines that are too long."""
    return len(raw) >= LONGEST_LINE and not raw.endswith(b"\n")


def parse_line(raw: bytes, report: LineReport) -> Any | None:
    """Parse one line and note what is wrong with it; None when it is not JSON.

    The report's `text` is set to the decoded line. A line with NaN, a huge number or a key that stands twice is
    parsed all the same, with a finding. Of a line that is too long only the start is kept.
    """
    if is_too_long(raw):
        report.text = raw[:_KEPT].decode(errors="replace").replace("\0", "\ufffd")
        message = f"The line is longer than {LONGEST_LINE // 1024**2} MB; only its start is kept."
        report.add(f"{report.family}001", message, column=1, remedy="Write one record per line, or split the record.")
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return examine_line(raw, report)
    if may_repeat_a_key(raw, value) or b"\\u0000" in raw:
        return examine_line(raw, report)
    report.text = raw.decode()
    return value


def may_repeat_a_key(raw: bytes, value: Any) -> bool:
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
    """Parse a line for a first look; None when it is not JSON, or too long."""
    if is_too_long(raw):
        return None
    try:
        value = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        value = None
    if value is None or b"\\u0000" in raw:
        return examine_line(raw, LineReport("", 0, "JL", Remarks()))
    return value
