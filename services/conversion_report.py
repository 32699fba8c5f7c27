"""The report of a conversion: what went in and came out, what was lost, and that it was read back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from services.conversion import Conversion


def write_report(made: Conversion, file: Path) -> None:
    """Write the report as JSON."""
    file.write_text(json.dumps(as_json(made), indent=2, ensure_ascii=False), encoding="utf-8")


def as_json(made: Conversion) -> dict[str, object]:
    """The report of a conversion as JSON."""
    names = sorted({*made.before.classes, *made.after.classes})
    return {
        "from": made.source,
        "to": made.target,
        "task": made.task,
        "sha256": made.sha256,
        "records": {"in": made.before.records, "out": made.after.records},
        "objects": {"in": made.before.things, "out": made.after.things},
        "classes": {name: {"in": made.before.classes[name], "out": made.after.classes[name]} for name in names},
        "lost": {
            loss: {"count": count, "examples": made.losses.examples[loss]} for loss, count in made.losses.counts.items()
        },
        "read_back": {"compared": made.after.records, "differences": made.differences},
        "found": {"counts": dict(made.counts), "first": [asdict(finding) for finding in made.findings]},
        "decisions": dict(made.decisions),
        "notes": made.notes,
    }
