"""What a conversion read, wrote and lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from domain.finding import Finding, Severity
from domain.prediction import Task
from formats.base import Losses
from services.parity import Tally


@dataclass(slots=True)
class Conversion:
    """What was read, written and lost.

    Attributes:
        source: Name of the format read; "project" for one of the workspace.
        target: Name of the format written.
        task: What the content is for.
        classes: Class names in the order that gives them their numbers.
        before: What was read, in the roles that the target holds.
        after: What was written.
        losses: Kinds, counts and first examples of what could not be held.
        findings: The first things the reader found.
        counts: Severity -> how many findings there were.
        differences: What read back other than it was meant, the first cases; empty unless something is wrong.
        files: What was written, the main file or the folder first.
        sha256: Of the main file, or of the names and contents of all files of a folder.
        decisions: Verdict -> images it is in force for; empty where nobody decided.
        notes: What else to know, full sentences.
    """

    source: str
    target: str
    task: Task
    classes: tuple[str, ...]
    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    losses: Losses = field(default_factory=Losses)
    findings: list[Finding] = field(default_factory=list[Finding])
    counts: Counter[Severity] = field(default_factory=Counter[Severity])
    differences: list[str] = field(default_factory=list[str])
    files: tuple[Path, ...] = ()
    sha256: str = ""
    decisions: Counter[str] = field(default_factory=Counter[str])
    notes: list[str] = field(default_factory=list[str])
