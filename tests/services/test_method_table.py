"""The page about the methods is printed from their classes."""

from pathlib import Path

from services.method_table import describe, render_document
from services.methods import list_methods

ROOT = Path(__file__).parents[2]


def test_the_page_in_the_docs_is_the_one_that_is_printed():
    assert (ROOT / "docs" / "explanations.md").read_text() == render_document(), (
        "Write it anew: python -m cli methods --markdown > docs/explanations.md"
    )


def test_every_method_has_its_section_with_its_parameters():
    page = render_document()
    for method in list_methods():
        assert f"## {method.title}\n" in page
        assert all(f"| `{parameter.name}` |" in page for parameter in method.parameters)
        assert describe(method)[2] == method.summary
