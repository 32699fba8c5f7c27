"""COCO: labels of detection and segmentation as one JSON document, and results lists (formats.md 8.1)."""

from __future__ import annotations

from formats.coco.labels import Coco
from formats.coco.results import CocoResults

__all__ = ["Coco", "CocoResults"]
