"""The shapes a pipeline's answers come in, brought into one: a list of entries for every image."""

from __future__ import annotations

from typing import Any

_ENTRY_KEYS = {"label", "score", "box", "mask"}


def list_answers(value: Any) -> list[Any] | None:
    """One answer an image, each a list of entries where it is one at all; None when the whole is no answer.

    Understood are lists of lists, the older objects with the keys "0", "1", ... for the entries, and the plain list
    (or the single entry) that a pipeline returns for one image.
    """
    if isinstance(value, dict):
        return [as_entries(value)] if _is_entry(value) or _is_ranked(value) else None
    if not isinstance(value, list):
        return None
    if value and all(isinstance(member, dict) and _is_entry(member) for member in value):
        return [value]
    return [as_entries(member) for member in value]


def as_entries(answer: Any) -> Any:
    """The list of entries of one answer; the answer itself when it has no known shape."""
    if isinstance(answer, dict) and _is_ranked(answer):
        return [answer[key] for key in sorted(answer, key=int)]
    return [answer] if isinstance(answer, dict) and _is_entry(answer) else answer


def _is_entry(value: dict[str, Any]) -> bool:
    return not _ENTRY_KEYS.isdisjoint(value)


def _is_ranked(value: dict[str, Any]) -> bool:
    return bool(value) and all(key.isascii() and key.isdigit() and len(key) < 10 for key in value)
