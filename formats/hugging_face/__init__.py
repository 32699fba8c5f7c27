"""Answers of Hugging Face pipelines, as endpoints and scripts return them (formats.md 2.5)."""

from __future__ import annotations

from formats.hugging_face.responses import HuggingFace

__all__ = ["HuggingFace"]
