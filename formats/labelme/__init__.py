"""labelme."""

from __future__ import annotations

from formats.labelme.labelme import Labelme

__all__ = ["Labelme"]
