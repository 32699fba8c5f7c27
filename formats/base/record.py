"""What reading an outside file gives: one `Record` for every image it speaks about, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.finding import Finding, Severity
from domain.prediction import Content, Task


class Role(StrEnum):
    """Whether somebody says so, or a model."""

    LABEL = "label"
    PREDICTION = "prediction"


@dataclass(frozen=True, slots=True)
class Facts:
    """What monitoring formats say beside the content of a prediction; empty where a file does not say.

    Attributes:
        model: Name or version of the model; "champion" and "shadow" where a file tells only these two apart.
        latency_s: Seconds the model took.
        timestamp: Unix seconds of the prediction, UTC.
        prediction_id: What joins a prediction with its delayed actual.
        source: Where the picture came from.
        tags: Free words or "key=value" texts, in file order.
        embedding: Vector of the picture; finite floats.
    """

    model: str = ""
    latency_s: float | None = None
    timestamp: float | None = None
    prediction_id: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    embedding: tuple[float, ...] = ()

    @property
    def in_words(self) -> str:
        """What is there, for the report of what is lost: "model detector 2, latency 0.25 s, 2 tags"."""
        parts = (
            (self.model, f"model {self.model}"),
            (self.latency_s is not None, f"latency {self.latency_s} s"),
            (self.timestamp is not None, f"time {self.timestamp}"),
            (self.prediction_id, f"id {self.prediction_id}"),
            (self.source, f"source {self.source}"),
            (self.tags, f"tags {', '.join(self.tags)}"),
            (self.embedding, f"embedding of {len(self.embedding)} numbers"),
        )
        return ", ".join(words for is_there, words in parts if is_there)


@dataclass(frozen=True, slots=True)
class Record:
    """What one line of a file, or one image in it, says.

    Attributes:
        line: 1-based line of a file of lines; else the 1-based number of the image in its file.
        text: The line as it stands in the file, without its line end; bytes that are not UTF-8 become U+FFFD. Empty
            for files that are not made of lines.
        image_url: What names the image: an address, a path or a file name; empty when nothing does.
        content: What is said about it; None when it cannot be understood at all.
        fields: The parsed JSON object as it stands, unknown keys included; empty when the line is not an object.
        findings: What is wrong with it.
        instance_ids: The objects of `fields` in source order, by instance_id; "" for one that is not in `content`
            because it cannot be understood, or is of a kind that Relook does not know. The parts of an object that the
            source keeps apart all bear its id. Empty for files without objects.
        role: Label or prediction.
        size: (width, height) of the picture in pixels, on the grid that `content` is on; None when unknown.
        facts: What else a monitoring format says.
    """

    line: int
    text: str
    image_url: str
    content: Content | None
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    findings: tuple[Finding, ...] = ()
    instance_ids: tuple[str, ...] = ()
    role: Role = Role.LABEL
    size: tuple[int, int] | None = None
    facts: Facts = Facts()

    @property
    def is_refused(self) -> bool:
        """Whether the training platform would refuse or drop the line, or part of it."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def unreadable_objects(self) -> list[int]:
        """0-based indices of the objects that `content` leaves out; a corrected line is written without them."""
        return [index for index, instance_id in enumerate(self.instance_ids) if not instance_id]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A whole file.

    Attributes:
        task: The task the lines agree on, or None when nothing tells (all lists empty, no readable line).
        records: One per line that is not blank, refused ones included, in file order.
        findings: About the file as a whole (formats.md section 11: JL010, JL012, mixed tasks), and remarks that
            concern many lines, told once with a count.
    """

    task: Task | None
    records: tuple[Record, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def all_findings(self) -> list[Finding]:
        """Findings of the file and of every line, in reading order."""
        return [*self.findings, *(finding for record in self.records for finding in record.findings)]


@dataclass(frozen=True, slots=True)
class ImageMatch:
    """Which image file an address in a label or prediction file means.

    Attributes:
        path: POSIX path relative to the image folder, or None when no file or no single file fits.
        parts: How many parts of the path agree, counted from the end; 1 means the file name only.
        candidates: The files that fit equally well, when there are several.
        remark: What a person should know about the match, a full sentence; empty when it is plain.
    """

    path: str | None
    parts: int = 0
    candidates: tuple[str, ...] = ()
    remark: str = ""
