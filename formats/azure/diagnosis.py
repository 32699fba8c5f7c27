"""Why a line is not JSON, told with column and remedy; and the parse of lines the fast parser refuses."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from formats.azure.report import LineReport, shown

_NOT_FINITE = re.compile(r"[:,\[]\s*(-?(?:NaN|Infinity))")
_ELISION = re.compile(r"[.\s…]+")
_ZERO = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def examine_line(raw: bytes, report: LineReport) -> Any | None:
    """Parse `raw` with the standard library's parser and note everything that is wrong.

    Returns:
        The parsed value, or None when there is none. Numbers may be NaN or infinite, which is noted.
    """
    text = _decode(raw, report)
    if text is None:
        return None
    report.text = text
    found = _Found()
    try:
        value = found.parse(text)
    except json.JSONDecodeError as error:
        _note_syntax(error, report)
        return None
    except RecursionError:
        _refuse(report, "The line is nested too deeply to be read.", 1, "Expected at most a few levels of lists.")
        return None
    except ValueError:
        _refuse(report, "The line holds a whole number of more than 4,300 digits.", 1, "Mend or remove the number.")
        return None
    return value if _is_storable(value, report) and _note(found, report) else None


@dataclass(slots=True)
class _Found:
    """What the parser met on its way that JSON does not promise."""

    repeated: list[str] = field(default_factory=list[str])
    not_finite: list[str] = field(default_factory=list[str])

    def parse(self, text: str) -> Any:
        return json.loads(
            text,
            object_pairs_hook=self._build_object,
            parse_constant=self._read_constant,
            parse_float=self._read_float,
        )

    def _build_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            names = [name for name, _ in pairs]
            self.repeated.append(next(name for name in members if names.count(name) > 1))
        return members

    def _read_constant(self, text: str) -> float:
        self.not_finite.append(text)
        return float(text.replace("Infinity", "inf"))

    def _read_float(self, text: str) -> float:
        number = float(text)
        if math.isinf(number):
            self.not_finite.append(text)
        return number


def _decode(raw: bytes, report: LineReport) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        report.text = raw.decode(errors="replace").replace("\0", "\ufffd")
        column = len(raw[: error.start].decode(errors="replace")) + 1
        found = f"byte 0x{raw[error.start]:02x}"
        _refuse(
            report, f"The line is not UTF-8 text: {found} does not belong there.", column, "Save the file as UTF-8."
        )
        return None


def _refuse(report: LineReport, message: str, column: int | None, remedy: str) -> None:
    report.add(f"{report.family}001", message, column=column, remedy=remedy)


def _note(found: _Found, report: LineReport) -> bool:
    for name in found.repeated:
        column = report.text.rfind(json.dumps(name, ensure_ascii=False)) + 1
        message = f"The key {shown(name)} stands twice in one object; readers keep the last one and drop the other."
        _refuse(report, message, column or None, "Remove one of the two.")
    if found.not_finite:
        match = _NOT_FINITE.search(report.text) or re.search(re.escape(found.not_finite[0]), report.text)
        report.add(
            f"{report.family}013",
            f"The line holds {found.not_finite[0][:40]}, expected a finite number.",
            column=match.start(match.re.groups) + 1 if match else None,
            remedy="Write a finite number or remove the key.",
        )
    return True


def _is_storable(value: Any, report: LineReport) -> bool:
    """Half a surrogate pair and the zero character parse, but no file or database takes them back."""
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        _refuse(report, "A text holds half a surrogate pair (\\ud800 to \\udfff alone).", None, "Mend the text.")
        return False
    except RecursionError:
        _refuse(report, "The line is nested too deeply to be read.", 1, "Expected at most a few levels of lists.")
        return False
    if _ZERO.search(text):
        _refuse(report, "A text holds the zero character (\\u0000).", None, "Remove it from the text.")
        return False
    return True


def _note_syntax(error: json.JSONDecodeError, report: LineReport) -> None:
    report.text = error.doc.replace("\0", "\ufffd")
    message, remedy = _explain_mark(error.doc, error.pos) or _explain_structure(error)
    _refuse(report, message, min(error.pos, len(error.doc)) + 1, remedy)


def _explain_mark(text: str, position: int) -> tuple[str, str] | None:
    """What is wrong and the remedy, where the sign at `position` tells."""
    here = text[position : position + 1]
    before, after = text[:position].rstrip(), text[position + 1 :].lstrip()
    if _ELISION.fullmatch(text):
        return "The line holds only dots, which stand for lines left out of a document.", "Delete the line."
    if text.startswith("\ufeff"):
        return "The line starts with a byte order mark.", "Save the file as UTF-8 without BOM."
    if (here in {"}", "]"} and before.endswith(",")) or (here == "," and after[:1] in {"}", "]"}):
        return "There is a comma before a closing bracket.", "Remove the trailing comma."
    for start, message, remedy in _BY_SIGN:
        if start.match(text, position):
            return message, remedy
    return None


def _explain_structure(error: json.JSONDecodeError) -> tuple[str, str]:
    text, here = error.doc, error.doc[error.pos : error.pos + 1]
    if "\0" in text:
        return "The line holds zero bytes; the file may be UTF-16 or not be text at all.", "Save the file as UTF-8."
    if text.strip() in _BRACKETS or not here:
        whole = "Write every record whole on one line, without indentation and without brackets around all of them."
        return "The line is only a part of a JSON value.", whole
    for start, message, remedy in _BY_PARSER_MESSAGE:
        if error.msg.startswith(start):
            return message, remedy
    return f"This is not JSON: {shown(here)} is unexpected here.", "Mend or delete the line."


_BY_SIGN = (
    (re.compile("'"), "Text stands in single quotes; JSON takes double quotes only.", 'Write "text".'),
    (re.compile("[“”‘’]"), "Text stands in typographic quotes; JSON takes straight ones only.", 'Write "text".'),
    (
        re.compile(r"(?:None|True|False|nan|inf)\b"),
        "There is a Python word; JSON writes null, true and false.",
        "Write null, true or false.",
    ),
    (re.compile(r"//|/\*|#"), "There is a comment; JSON has none.", "Remove the comment."),
)

_BRACKETS = {"{", "[", "}", "]", "},", "],"}

_BY_PARSER_MESSAGE = (
    (
        "Extra data",
        "Something follows the record on the same line.",
        "Write one record per line, with nothing behind it.",
    ),
    ("Unterminated string", "A text is not closed by a double quote.", 'Write " at its end.'),
    (
        "Invalid control character",
        "A text holds a control character such as a tab.",
        "Write it as an escape: \\t or \\n.",
    ),
    ("Invalid \\", "A text holds a backslash that starts no JSON escape.", "Write \\\\ for a backslash."),
)
