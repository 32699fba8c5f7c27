"""EazyML."""

from __future__ import annotations

from formats.eazyml.eazyml import EazyML

__all__ = ["EazyML"]
