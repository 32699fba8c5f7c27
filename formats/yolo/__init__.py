"""YOLO texts, as Ultralytics reads and writes them."""

from __future__ import annotations

from formats.yolo.yolo import Yolo

__all__ = ["Yolo"]
