"""Writing label lines: a corrected line differs from its source only in what was corrected (formats.md 1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.errors import FormatError
from domain.prediction import Content, Instances, Labels, Task
from formats.azure.edits import edit_objects, is_same_object, write_class
from formats.azure.objects import list_sources, read_class_name
from formats.azure.source import has_number_classes, read_source_fields
from formats.azure.write import write_line
from formats.base import Record


def render_label(
    before: Record | None,
    content: Content,
    *,
    task: Task,
    image_url: str = "",
    image_details: Mapping[str, Any] | None = None,
    has_numbers: bool = False,
) -> str:
    """Write the label of one image as a line, without line end.

    Args:
        before: The source line; None for an image that had none. Merge several with `merge_records` first.
        content: The whole label as it is now; objects are matched with the source by instance_id.
        task: The task of the file.
        image_url: For a line without source; ignored where the source has one.
        image_details: For a line without source; left out when None.
        has_numbers: The file names its classes by whole numbers (see `has_number_classes`).

    Returns:
        `before.text` itself when nothing was corrected; else compact JSON with all keys of the source kept.

    Raises:
        FormatError: The content does not fit the task, or holds something Azure would refuse.
    """
    _check_kind(content, task, image_url)
    if before is not None and before.text and is_untouched(before, content, task=task):
        return before.text
    fields = read_source_fields(before) if before is not None else {}
    url = (before.image_url if before is not None else "") or image_url
    if not url:
        raise FormatError("The image has no image_url.", remedy="Give the address that images have in the datastore.")
    is_new = not fields
    fields["image_url"] = url
    if is_new and image_details is not None:
        fields["image_details"] = dict(image_details)
    is_numbered = has_numbers or (before is not None and has_number_classes(before))
    fields["label"] = _write_content(before, fields.get("label"), content, task=task, is_numbered=is_numbered)
    return write_line(fields, where=url)


def is_untouched(before: Record, content: Content, *, task: Task) -> bool:
    """Whether `content` says the same as the source line, scores and order aside."""
    source = before.content
    if isinstance(source, Labels) and isinstance(content, Labels):
        return set(source.names) == set(content.names)
    if not isinstance(source, Instances) or not isinstance(content, Instances):
        return False
    old = {item.instance_id: item for item in source.items}
    new = {item.instance_id: item for item in content.items}
    if old.keys() != new.keys() or len(new) != len(content.items):
        return False
    return all(is_same_object(old[key], new[key], task=task) for key in old)


def _check_kind(content: Content, task: Task, where: str) -> None:
    if isinstance(content, Instances) != task.has_objects:
        found = "objects" if isinstance(content, Instances) else "class names"
        raise FormatError(f"The label consists of {found}; the file is for {task.in_words}.", where=where)
    if task is Task.CLASSIFICATION and isinstance(content, Labels) and len(content.scores) != 1:
        raise FormatError(
            f"The image has {len(content.scores)} classes; multi-class classification needs exactly one.",
            where=where,
            remedy="Choose one class, or reject the image to leave it out.",
        )


def _write_content(before: Record | None, label: Any, content: Content, *, task: Task, is_numbered: bool) -> Any:
    if isinstance(content, Instances):
        is_read = before is not None and isinstance(before.content, Instances)
        sources = list_sources(label) if is_read else []
        ids = before.instance_ids if before is not None and is_read else ()
        old = before.content if before is not None and isinstance(before.content, Instances) else Instances()
        return edit_objects(sources, ids, old, content, task=task, is_numbered=is_numbered)
    if task is Task.CLASSIFICATION:
        return write_class(content.names[0], is_numbered=is_numbered)
    sources = label if isinstance(label, list) else []
    kept = [source for source in sources if read_class_name(source) in content.scores]
    known = {read_class_name(source) for source in kept}
    return [*kept, *(write_class(name, is_numbered=is_numbered) for name in content.names if name not in known)]
