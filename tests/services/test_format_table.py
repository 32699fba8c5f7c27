from pathlib import Path

import pytest

from formats import FORMATS
from services.format_table import render_document

ROOT = Path(__file__).parents[2]


def test_the_page_on_formats_says_what_the_classes_say():
    assert (ROOT / "docs" / "formats.md").read_text() == render_document(), (
        "Write it anew: python -m cli formats --markdown > docs/formats.md"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_golden_files_for_each_task(name):
    folder = ROOT / "tests" / "formats" / "golden" / name
    tasks = {each.name.rpartition("-")[0] for each in folder.iterdir()}
    assert tasks <= set(FORMATS[name].tasks)
    assert tasks
