"""The source lines of an image: parsed again without loss, and merged where there are several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from domain.prediction import Task, join_contents
from formats.azure.objects import list_sources
from formats.base import Record


def read_source_fields(record: Record) -> dict[str, Any]:
    """The JSON object of a record with every number as exact as it stands in the file.

    The fast parser turns whole numbers above 64 bits into floats; Python's own does not.
    """
    if not record.text or not record.fields:
        return dict(record.fields)
    return json.loads(record.text)


def has_number_classes(record: Record) -> bool:
    """Whether the line names its classes by whole numbers; lines added to its file should do so too."""
    label = record.fields.get("label")
    names = [source.get("label") if isinstance(source, dict) else source for source in list_sources(label) or [label]]
    return any(isinstance(name, int) and not isinstance(name, bool) for name in names)


def merge_records(records: Sequence[Record], *, task: Task) -> Record:
    """Join the lines of one image into one record that stands at the first line (formats.md 1.1).

    Objects of all lines are kept, as Azure does; of classes the last line holds. The merged record has no `text`,
    so `render_label` always writes it anew. All findings are kept.

    Args:
        records: At least one, in file order, about the same image.
        task: The task of their file.
    """
    if len(records) == 1:
        return records[0]
    head = next((record for record in records if record.fields), records[0])
    fields = read_source_fields(head)
    fields["label"] = _merge_labels(records, task)
    return Record(
        line=head.line,
        text="",
        image_url=head.image_url,
        content=join_contents(record.content for record in records if record.content is not None),
        fields=fields,
        findings=tuple(finding for record in records for finding in record.findings),
        instance_ids=tuple(instance_id for record in records for instance_id in record.instance_ids),
    )


def _merge_labels(records: Sequence[Record], task: Task) -> Any:
    if task.has_objects:
        labels = [read_source_fields(record).get("label") for record in records if record.instance_ids]
        return [source for label in labels for source in list_sources(label)]
    return next((record.fields["label"] for record in reversed(records) if record.content is not None), [])
