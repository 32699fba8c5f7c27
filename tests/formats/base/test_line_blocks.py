"""Blocks hold the lines that reading one by one gives."""

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from formats.base import files, line_blocks


@given(st.lists(st.binary(max_size=30), max_size=20), st.integers(1, 12))
@example([b"x" * 16, b"a", b"b", b""], 20)
def test_blocks_hold_the_lines_of_the_file(parts: list[bytes], size: int):
    data = b"\n".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "LONGEST_LINE", 16)
        patch.setattr(line_blocks, "LONGEST_LINE", 16)
        patch.setattr(line_blocks, "_BLOCK", size)
        one_by_one = [line.removesuffix(b"\n") for line in files.lines_of(BytesIO(data))]
        assert [line for block in line_blocks.blocks_of(BytesIO(data)) for line in block] == one_by_one
