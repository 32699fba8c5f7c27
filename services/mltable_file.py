"""The file MLTable beside a label file: it makes the folder a data set that an Azure job can be given."""

from __future__ import annotations

from pathlib import Path

from formats.azure.mltable import render_mltable
from services.output_files import replacing

NAME = "MLTable"


def write_mltable(labels: Path) -> Path | None:
    """Write the file MLTable beside a label file.

    Returns:
        The file; None where there is one already that says something else: it is left alone.

    Raises:
        InputError: The folder may not be written to.
    """
    file, text = labels.with_name(NAME), render_mltable(labels.name)
    if file.exists() and (not file.is_file() or file.read_bytes() != text.encode()):
        return None
    with replacing(file) as stream:
        stream.write(text.encode())
    return file
