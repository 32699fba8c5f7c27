"""What every format stands on: records, the `Format` interface, findings, losses. No format knows another one."""

from __future__ import annotations

from formats.base.fitting import Loss, Losses
from formats.base.format import (
    ALL_TASKS,
    FORMATS,
    OBJECT_TASKS,
    FileStart,
    Format,
    ImageFacts,
    ReadOptions,
    WriteOptions,
    Writing,
)
from formats.base.record import Facts, ImageMatch, ParsedFile, Record, Role
from formats.base.rules import EXCHANGE_RULES, FileReport, Rule

__all__ = [
    "ALL_TASKS",
    "EXCHANGE_RULES",
    "FORMATS",
    "OBJECT_TASKS",
    "Facts",
    "FileReport",
    "FileStart",
    "Format",
    "ImageFacts",
    "ImageMatch",
    "Loss",
    "Losses",
    "ParsedFile",
    "ReadOptions",
    "Record",
    "Role",
    "Rule",
    "WriteOptions",
    "Writing",
]
