"""The MLTable file beside a label file."""

from __future__ import annotations

from formats.azure.mltable import render_mltable


def test_the_table_reads_json_lines_and_streams_images() -> None:
    assert render_mltable("train.jsonl").splitlines() == [
        "paths:",
        "  - file: ./train.jsonl",
        "transformations:",
        "  - read_json_lines:",
        "      encoding: utf8",
        "      invalid_lines: error",
        "      include_path_column: false",
        "  - convert_column_types:",
        "      - columns: image_url",
        "        column_type: stream_info",
    ]


def test_names_that_yaml_would_misread_are_quoted() -> None:
    assert '  - file: "./a: #1.jsonl"' in render_mltable("a: #1.jsonl")
