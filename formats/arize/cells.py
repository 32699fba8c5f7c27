"""Values of one row, checked by Arize's rules as they are read (formats.md 5.2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from formats.arize.rules import (
    LARGEST_VECTOR,
    LONGEST_ID,
    LONGEST_RAW_DATA,
    LONGEST_TAG,
    NEWEST_S,
    OLDEST_S,
)

Note = Callable[..., None]
"""Called with (code, message, annotation=, remedy=)."""

_MILLISECONDS = 1e11


def is_missing(value: Any) -> bool:
    """Whether pandas, and so Arize, takes a value for none."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def as_number(value: Any) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_text(value: Any) -> str:
    """A label or tag as text; "" for none. Whole numbers bear no decimal point."""
    return "" if is_missing(value) else str(value)


def read_id(value: Any, note: Note) -> str:
    """The prediction id as text; "" (noted) where there is none."""
    if is_missing(value):
        note("AR007", "The prediction id is missing.", remedy="Give every row an id.")
        return ""
    text = str(value)
    if not 1 <= len(text) <= LONGEST_ID:
        note("AR009", f"The prediction id has {len(text)} characters, expected 1 to 512.", remedy="Shorten it.")
    return text


def read_time(value: Any, note: Note, *, now: float) -> float | None:
    """Unix seconds; None (noted) where they are missing, cannot be understood or seem to be milliseconds."""
    if is_missing(value):
        note("AR007", "The timestamp is missing.", remedy="Give every row a time, or leave the column out.")
        return None
    seconds = as_seconds(value)
    if seconds is None:
        note("AR002", f"The timestamp is {value!r:.80}, expected Unix seconds or a time.", remedy="Mend it.")
        return None
    if seconds > _MILLISECONDS:
        message = f"The timestamp {seconds:.0f} is no time in seconds; it looks like milliseconds."
        note("AR008", message, remedy="Divide the column by 1000 if it is so.")
        return None
    if not now - OLDEST_S <= seconds <= now + NEWEST_S:
        message = f"The timestamp {_in_words(seconds)} is not within 5 years before and 1 year after {_in_words(now)}."
        note("AR008", message, remedy="Leave the row out: Arize refuses a table that holds it.")
    return seconds


def as_seconds(value: Any) -> float | None:
    """Unix seconds of a number, a numeric or RFC 3339 text, a date or a time; a time without zone is UTC."""
    if isinstance(value, str):
        number = as_number(value)
        if number is not None:
            return number
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date):
        try:
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (OverflowError, ValueError):
            return None
    return as_number(value)


def _in_words(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g}"


def read_vector(value: Any, note: Note) -> tuple[float, ...]:
    """An embedding; empty (noted, unless there is none) when it cannot be used."""
    if is_missing(value) or (isinstance(value, list) and not value):
        return ()
    numbers = [as_number(each) for each in value] if isinstance(value, list) else [None]
    vector = tuple(number for number in numbers if number is not None)
    if len(vector) < len(numbers):
        note("AR003", "The vector is not a list of finite numbers.", remedy="Mend or empty it.")
        return ()
    if len(vector) == 1 or len(vector) > LARGEST_VECTOR:
        note("AR011", f"The vector has {len(vector)} numbers, expected 2 to 20,000.", remedy="Mend or empty it.")
        return ()
    return vector


def check_raw_data(value: Any, note: Note) -> None:
    """Note a text beside a vector that is longer than Arize takes."""
    texts = value if isinstance(value, list) else [value]
    length = sum(len(text) for text in texts if isinstance(text, str))
    if length > LONGEST_RAW_DATA:
        note("AR012", f"The text beside a vector has {length:,} characters, expected at most 2,000,000.")


def check_tag(name: str, value: Any, note: Note) -> None:
    """Note a tag that is longer than Arize takes."""
    if isinstance(value, str) and len(value) > LONGEST_TAG:
        note("AR010", f"{name} has {len(value):,} characters, expected at most 20,000.", remedy="Shorten it.")
