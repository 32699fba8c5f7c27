"""The MLTable file that makes a label file a data set of an Azure job (formats.md 1.0)."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

_TEMPLATE = """\
paths:
  - file: {file}
transformations:
  - read_json_lines:
      encoding: utf8
      invalid_lines: error
      include_path_column: false
  - convert_column_types:
      - columns: image_url
        column_type: stream_info
"""


def render_mltable(name: str) -> str:
    """Return the text of a file called MLTable that stands beside the label file `name`."""
    path = f"./{name}"
    return _TEMPLATE.format(file=path if _PLAIN.fullmatch(name) else json.dumps(path))
