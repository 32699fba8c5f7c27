"""Taking a COCO document apart without parsing all of it: its parts stay bytes until they are asked for."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
from msgspec import Raw

from formats.base.characters import NOT_IN_JSON, clean
from formats.base.rules import FileReport

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_CHUNK = 1024**2
_PLACE = re.compile(r" \(byte (\d+)\)$")
_REFUSED = re.compile(rb"\b(?:NaN|Infinity|nan|inf|None)\b|\\u[dD][89a-fA-F]")
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_TEXT_OR_WORD = re.compile(_TEXT + rb"|-?\b(?:NaN|Infinity|nan|inf|None)\b", re.DOTALL)
_BETWEEN = re.compile(rb"[\s,{]*" + _TEXT + rb"\s*:\s*", re.DOTALL)
_LONGEST_COLUMN = 1024**2


def take_apart(data: bytes, report: FileReport) -> dict[str, Raw] | list[Raw] | None:
    """The values of a document's keys, or the parts of its list; None (noted) when it is not JSON of either kind.

    NaN and Infinity, which are no JSON, are put in quotes, so that they can be reported where they stand.
    """
    if not _check_text(data, report):
        return None
    decoder = _LIST if data.lstrip()[:1] == b"[" else _OBJECT
    try:
        parts, data = _decode(decoder, data)
    except (msgspec.DecodeError, RecursionError) as error:
        _note_broken(error, data, report)
        return None
    if isinstance(parts, dict):
        _check_repeats(data, parts, report)
    return parts


def take_list(name: str, document: Mapping[str, Raw], report: FileReport) -> list[Raw]:
    """The parts of one list of a document; empty (noted) when it is missing or no list."""
    if name not in document:
        report.add("EX003", f"The document has no {name}.", remedy=f"Add a list of {name}, [] if there are none.")
        return []
    try:
        return _LIST.decode(document[name])
    except msgspec.DecodeError:
        found = bytes(document[name])[:40].decode(errors="replace")
        report.add("EX003", f"{name} is {found}; expected a list.", remedy="Put it into square brackets.")
        return []


def load_part(part: Raw) -> Any:
    """The value of one part, numbers beyond measure as inf; None when it cannot be understood at all."""
    try:
        return msgspec.json.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(bytes(part))
    except (ValueError, RecursionError):
        return None


def text_of(value: Any) -> str:
    """A text as it can be written again; empty when the value is none, or blank."""
    return clean(value, NOT_IN_JSON) if isinstance(value, str) and value.strip() else ""


def shown(value: Any) -> str:
    """A value for a message, cut to 40 characters."""
    text = value if isinstance(value, str) else repr(value)
    return clean(text if len(text) <= 40 else f"{text[:37]}...", NOT_IN_JSON)


def _decode(decoder: Any, data: bytes) -> tuple[Any, bytes]:
    """The value, and the bytes it stands in: the data, or a copy in which what the parser refuses was mended."""
    try:
        return decoder.decode(data), data
    except msgspec.DecodeError:
        if not _REFUSED.search(data):
            raise
    mended = b"".join(_mend(data))
    return decoder.decode(mended), mended


def _mend(data: bytes) -> Iterator[bytes]:
    end = 0
    for match in _TEXT_OR_WORD.finditer(data):
        found = match[0]
        if not found.startswith(b'"'):
            yield data[end : match.start()] + b'"' + found + b'"'
            end = match.end()
        elif b"\\ud" in found.lower():
            yield data[end : match.start()] + _without_halves(found)
            end = match.end()
    yield data[end:]


def _without_halves(text: bytes) -> bytes:
    """A JSON text without halves of surrogate pairs, which no file can hold."""
    try:
        return json.dumps(clean(json.loads(text), NOT_IN_JSON)).encode()
    except ValueError:
        return text


def _check_text(data: bytes, report: FileReport) -> bool:
    if not data.strip():
        report.add("EX001", "The file is empty; expected a JSON document.", remedy="Export it again.")
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _CHUNK):
        try:
            decoder.decode(data[start : start + _CHUNK], final=start + _CHUNK >= len(data))
        except UnicodeDecodeError as error:
            place = max(start + error.start, 0)
            message = "The file is not UTF-8 text."
            report.add("EX001", message, line=data[:place].count(b"\n") + 1, remedy="Save the file as UTF-8.")
            return False
    return True


def _note_broken(error: Exception, data: bytes, report: FileReport) -> None:
    if isinstance(error, RecursionError):
        report.add("EX001", "The document is nested too deeply to be read.", remedy="Export it again.")
        return
    words, place = str(error), _PLACE.search(str(error))
    if isinstance(error, msgspec.ValidationError):
        report.add("EX001", "The document is neither an object nor a list.", line=1, remedy="Choose another file.")
        return
    cause = _PLACE.sub("", words).removeprefix("JSON is malformed: ")
    if "truncated" in words:
        cause = "it ends in the middle"
    where = min(int(place[1]), len(data)) if place else len(data)
    start = data.rfind(b"\n", 0, where) + 1
    column = len(data[start:where].decode(errors="ignore")) + 1 if where - start < _LONGEST_COLUMN else None
    line = data.count(b"\n", 0, where) + 1
    report.add("EX001", f"This is not JSON: {cause}.", line=line, column=column, remedy="Mend it there.")


def _check_repeats(data: bytes, parts: Mapping[str, Raw], report: FileReport) -> None:
    """Report keys that stand twice: of those the parser gives the last value only, and the others lie in between."""
    view = np.frombuffer(data, np.uint8)
    base = view.__array_interface__["data"][0]
    spans = [(np.frombuffer(part, np.uint8).__array_interface__["data"][0] - base, len(part)) for part in _raws(parts)]
    if any(not 0 <= start < len(data) for start, _ in spans):
        return
    end = 0
    for start, length in sorted(spans):
        if not _BETWEEN.fullmatch(data, end, start):
            line = data.count(b"\n", 0, end) + 1
            message = "A key of the document stands twice; only its last value is read."
            report.add("EX010", message, line=line, remedy="Join the two lists into one.")
            return
        end = start + length


def _raws(parts: Mapping[str, Raw]) -> list[memoryview]:
    return [memoryview(part) for part in parts.values()]
