"""CVAT for images 1.1."""

from __future__ import annotations

from formats.cvat.images import Cvat

__all__ = ["Cvat"]
