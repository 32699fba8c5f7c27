"""The title row of a page, and cards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st


@contextmanager
def title_row(title: str, *facts: str, pill: str = "") -> Iterator[None]:
    """Draw the title with its grey facts; what is drawn inside stands at the right end, the main button last."""
    words = "".join(f'<span class="rl-grey">{escape(fact)}</span>' for fact in facts if fact)
    mark = f'<span class="rl-pill">{escape(pill)}</span>' if pill else ""
    with st.container(key="head", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="rl-title"><h1>{escape(title)}</h1>{words}{mark}</div>')
        yield


@contextmanager
def card(title: str, *, key: str, note: str = "", count: int | None = None) -> Iterator[None]:
    """A bordered card with a head."""
    number = f'<span class="rl-pill rl-red">{count:,}</span>' if count else ""
    words = f'<span class="rl-grey">{escape(note)}</span>' if note else ""
    with st.container(border=True, key=f"card-{key}", gap="small"):
        st.html(f'<div class="rl-card-head"><h3>{escape(title)}</h3>{number}{words}</div>')
        yield


def empty_state(sentence: str) -> None:
    """What is missing; the one thing to do about it is drawn below."""
    st.html(f'<p class="rl-empty">{escape(sentence)}</p>')
