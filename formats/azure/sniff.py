"""Telling label files from prediction files by their first lines."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Literal

from formats.azure.json_line import iterate_lines, loads_leniently
from formats.azure.literals import parse_literal
from formats.azure.prediction_shapes import as_fields, shape_of_prediction

_MOST_LINES = 100


def sniff(lines: Iterable[bytes]) -> Literal["labels", "predictions"] | None:
    """Say what kind of file the lines come from; None when the first 100 lines tell neither."""
    for number, raw in islice(iterate_lines(lines), _MOST_LINES):
        line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        if line.strip() == b"[":
            return None  # the start of one JSON value over many lines
        kind = _sniff_line(line)
        if kind is not None:
            return kind
    return None


def _sniff_line(raw: bytes) -> Literal["labels", "predictions"] | None:
    value = loads_leniently(raw)
    if value is None:
        try:
            value = parse_literal(raw.decode(errors="replace"))
        except ValueError:
            return None
    fields = as_fields(value)
    if fields is None:
        return None
    if shape_of_prediction(fields) is not None:
        return "predictions"
    return "labels" if "label" in fields else None
