"""The parity report of an export."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from components.headings import card
from components.tables import draw_table
from components.words import bytes_in_words
from services.exporting import Export

_LONGEST_RECORD = 1200
_MOST_LISTED = 200


def draw_verdict(export: Export) -> None:
    """Whether the file reads back as it was meant."""
    if not export.text:
        colour, bold, rest = "rl-orange", "The file is empty.", "Nobody reviewed an image, and there is no label file."
    elif export.differences:
        colour, bold = "rl-red", f"{export.differences} lines read back other than they were meant."
        rest = "Do not use the file."
    else:
        notes = sum(not row.is_fine for row in export.parity)
        colour, bold = "rl-green", "The file agrees with the screen."
        rest = "It was written, read back and compared with the labels in the project."
        rest += f" {notes} note{'s' if notes != 1 else ''} below." if notes else ""
    st.html(f'<div class="rl-note {colour}" role="status"><b>{escape(bold)}</b><span>{escape(rest)}</span></div>')


def draw_parity(export: Export) -> None:
    with card("Parity report", key="parity"):
        rows = [
            (row.checked, f"{row.in_project:,}", f"{row.in_file:,}", "" if row.is_fine else "look", row.note)
            for row in export.parity
        ]
        draw_table(("Checked", "In the project", "In the file", "", "Note"), rows, numeric=(1, 2))


def draw_first_record(export: Export) -> None:
    with card("First record", key="record"):
        line = export.text.partition("\n")[0]
        if not line:
            st.write("–")
            return
        text = json.dumps(json.loads(line), indent=1, ensure_ascii=False)
        st.code(text if len(text) <= _LONGEST_RECORD else text[:_LONGEST_RECORD] + "\n…", language=None, height=260)


def draw_counts(export: Export) -> None:
    words = {
        "untouched": "as given, not changed",
        "corrected": "corrected",
        "new": "added, no label before",
        "refused": "refused, in a file of their own",
        "left out": "left out",
    }
    with card("What is in the file", key="contents"):
        rows = [(words[kind], f"{count:,}") for kind, count in export.counts.items()]
        rows += [("name", export.name), ("size", bytes_in_words(len(export.text.encode())))]
        draw_table(("", ""), rows, numeric=(1,))


def draw_lists(export: Export) -> None:
    """Every image that is not in the file, and why."""
    for title, reasons in (("Refused", export.refusals), ("Left out", export.left_out)):
        if reasons:
            with card(title, key=f"list-{title}", count=len(reasons)):
                draw_table(("Image", "Why"), list(reasons.items())[:_MOST_LISTED])
