"""Picsellia."""

from __future__ import annotations

from formats.picsellia.picsellia import Picsellia

__all__ = ["Picsellia"]
