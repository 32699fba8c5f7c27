"""Pascal VOC."""

from __future__ import annotations

from formats.voc.voc import Voc

__all__ = ["Voc"]
