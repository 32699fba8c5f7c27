"""Small tables as the design has them: hair lines, numbers right, text never taken for HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st


def draw_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> None:
    """Draw a table of texts.

    Args:
        heads: One per column; all empty for a table without a head.
        rows: Cells as text.
        numeric: Columns whose cells stand at the right.
    """
    head = "".join(_cell("th", text, column in numeric) for column, text in enumerate(heads))
    body = "".join(f"<tr>{_row(row, numeric)}</tr>" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>" if any(heads) else ""
    st.html(f'<div class="rl-scroll"><table class="rl-table">{top}<tbody>{body}</tbody></table></div>')


def _row(row: Sequence[str], numeric: Sequence[int]) -> str:
    return "".join(_cell("td", text, column in numeric) for column, text in enumerate(row))


def _cell(tag: str, text: str, is_number: bool) -> str:
    kind = ' class="rl-number"' if is_number else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"
