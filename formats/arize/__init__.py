"""Arize."""

from __future__ import annotations

from formats.arize.arize import Arize

__all__ = ["Arize"]
