"""Names of images as lists of a data set can hold them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from formats.base.fitting import Loss, Losses
from formats.base.record import Record

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


def fit_path(record: Record, losses: Losses) -> Record:
    """Make the name of the image a relative path in one line; what changes is noted."""
    path = record.image_url.split("://", 1)[-1].replace("\\", "/")
    parts = [part for part in PurePosixPath(path).parts if part not in {"/", ".."} and not part.endswith(":")]
    name = _BREAKS.sub("\ufffd", "/".join(parts)) or "image"
    if not name.strip():
        name = "image"
    if name == record.image_url:
        return record
    losses.note(Loss.NAMES, record.image_url, f"the image is called {name}")
    return replace(record, image_url=name)
