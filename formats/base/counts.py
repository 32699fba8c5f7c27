"""Counts in messages: "1 point", "occluded (2 times)"."""

from __future__ import annotations

from collections.abc import Mapping


def count(number: int, noun: str) -> str:
    """A number and its noun: "1 image", "3 images"."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def list_counts(found: Mapping[str, int]) -> str:
    """What was found how often, by name: "attribute 'colour' (2 times), occluded (once)"."""
    return ", ".join(f"{name} ({'once' if times == 1 else f'{times} times'})" for name, times in sorted(found.items()))
