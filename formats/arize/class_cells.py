"""Labels of one row: a class with its score, or a list of classes with theirs (formats.md 5.2, 5.8)."""

from __future__ import annotations

from typing import Any

from domain.prediction import Labels
from formats.arize.cells import Note, as_number, as_text, is_missing
from formats.arize.rules import LONGEST_CLASS, MOST_CLASSES


def read_prediction(label: Any, score: Any, note: Note) -> Labels | None:
    """The predicted class; None where there is none, or (noted) none that can be used."""
    name, number = as_text(label), as_number(score)
    if not name:
        if not is_missing(score):
            note("EX004", f"There is the score {score!r:.40} and no predicted class.", remedy="Add its label.")
        return None
    if is_missing(score):
        note("EX009", f"The prediction {name!r:.80} has no score; 1 is taken.", remedy="Add its score.")
        return Labels({name: 1.0})
    if number is None or not 0 <= number <= 1:
        note("EX012", f"The score of {name!r:.80} is {score!r:.40}, expected a number from 0 to 1.", remedy="Mend it.")
        return None
    return Labels({name: number})


def read_actual(label: Any, score: Any, note: Note) -> Labels | None:
    """The actual class; None where there is none."""
    name = as_text(label)
    if not name:
        if not is_missing(score):
            note("EX004", f"There is the actual score {score!r:.40} and no actual class.", remedy="Add its label.")
        return None
    if not is_missing(score) and as_number(score) != 1:
        note("EX009", f"The actual score of {name!r:.80} is {score!r:.40}, expected 1.", remedy="Check the label.")
    return Labels({name: 1.0})


def read_predicted_classes(value: Any, note: Note) -> Labels | None:
    """Every class with its score; None where there is no list."""
    pairs = _read_pairs(value, note)
    bad = {name: score for name, score in pairs.items() if score is None or not 0 <= score <= 1}
    for name, score in bad.items():
        note("AR023", f"The score of {name!r:.80} is {score}, expected a number from 0 to 1.", remedy="Mend it.")
    return (
        Labels({name: score for name, score in pairs.items() if score is not None and name not in bad} or {})
        if (pairs)
        else None
    )


def read_actual_classes(value: Any, note: Note) -> Labels | None:
    """The classes whose score is 1; None where there is no list."""
    pairs = _read_pairs(value, note)
    for name, score in pairs.items():
        if score not in {0, 1}:
            note("AR024", f"The actual score of {name!r:.80} is {score}, expected 0 or 1.", remedy="Mend it.")
    return Labels({name: 1.0 for name, score in pairs.items() if score == 1}) if pairs else None


def _read_pairs(value: Any, note: Note) -> dict[str, float | None]:
    entries = value if isinstance(value, list) else []
    if not 1 <= len(entries) <= MOST_CLASSES:
        note("AR021", f"The row lists {len(entries)} classes, expected 1 to 500.", remedy="List every class.")
    pairs: dict[str, float | None] = {}
    for entry in entries:
        fields = entry if isinstance(entry, dict) else {}
        name = fields.get("class_name")
        if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_CLASS:
            found = f"{len(name)} characters" if isinstance(name, str) else "no text"
            note("AR022", f"The name of a class has {found}, expected 1 to 100.", remedy="Shorten or add it.")
        if not isinstance(name, str) or not name:
            continue
        if name in pairs:
            note("EX010", f"The class {name!r:.80} is listed twice.", remedy="List it once.")
        pairs[name] = as_number(fields.get("score"))
    return pairs
