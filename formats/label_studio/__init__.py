"""Label Studio."""

from __future__ import annotations

from formats.label_studio.label_studio import LabelStudio

__all__ = ["LabelStudio"]
