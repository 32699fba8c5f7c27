"""Telling COCO files by their first bytes."""

from __future__ import annotations

import re

_MARK = b"\xef\xbb\xbf"
_LISTS = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
_OWN_KEYS = re.compile(rb'"(file_name|image_id|category_id|supercategory|coco_url)"\s*:')
_FIRST_RESULT = re.compile(rb"\s*\[\s*\{[^}]*")


def looks_like_labels(head: bytes) -> bool:
    """Whether a file starts like COCO labels: an object with two of the lists, or one and keys of its own."""
    if not head.removeprefix(_MARK).lstrip().startswith(b"{"):
        return False
    lists = set(_LISTS.findall(head))
    return len(lists) > 1 or (bool(lists) and _OWN_KEYS.search(head) is not None)


def looks_like_results(head: bytes) -> bool:
    """Whether a file starts like a results list: a list whose first object names an image and a class."""
    first = _FIRST_RESULT.match(head.removeprefix(_MARK))
    return first is not None and b'"image_id"' in first[0] and b'"category_id"' in first[0]
