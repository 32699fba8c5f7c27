"""Azure AutoML for Images: label files and prediction files as JSON Lines (formats.md sections 1, 2 and 4)."""

from __future__ import annotations

from formats.azure.batch import AzureBatch
from formats.azure.jsonl import AzureJsonl
from formats.azure.scoring import AzureScoring

__all__ = ["AzureBatch", "AzureJsonl", "AzureScoring"]
