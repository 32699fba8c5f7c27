"""The parity report of an export."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from components.headings import card
from components.jobs import draw_job
from components.session import draw_error
from components.tables import draw_table
from components.words import as_text, bytes_in_words
from domain.errors import InputError
from services.export_jobs import export_key, find_export, start_export
from services.exporting import Export
from services.running import find_job, forget_job, is_active
from services.workspace import Workspace

_LONGEST_RECORD = 1200
_PATIENCE = 2.0


def wait_for_export(workspace: Workspace, project_id: int) -> Export | None:
    """The file of the project as it is now; None while it is being written, or when it cannot be."""
    job = find_job(workspace, export_key(project_id))
    found = find_export(workspace, project_id)
    if found is None and (job is None or not job.message):
        job = start_export(workspace, project_id)
        job.ended.wait(_PATIENCE)
        found = find_export(workspace, project_id)
    if isinstance(found, Export):
        return found
    if isinstance(found, InputError):
        draw_error(found)
    elif job is not None and is_active(job):
        draw_job(workspace, export_key(project_id))
    elif job is not None and job.message:
        st.error(as_text(job.message))
        if st.button("Write the file"):
            forget_job(workspace, export_key(project_id))
            st.rerun()
    return None


def draw_downloads(export: Export) -> None:
    """The files, read when a person asks for them."""
    if export.refused is not None:
        st.download_button("Refused lines", export.refused.read_bytes, export.refused.name, on_click="ignore")
    st.download_button("MLTable", export.mltable, "MLTable", on_click="ignore")
    st.download_button("Images", export.images.read_bytes, export.images.name, mime="text/csv", on_click="ignore")
    st.download_button("Report", export.report.read_bytes, export.report.name, on_click="ignore")
    st.download_button(
        "Download JSONL",
        export.path.read_bytes,
        export.name,
        mime="application/jsonl",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        disabled=not export.size,
    )


def draw_verdict(export: Export) -> None:
    """Whether the file reads back as it was meant."""
    if not export.size:
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
        line = export.first_line
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
        rows += [("name", export.name), ("SHA-256", export.sha256), ("size", bytes_in_words(export.size))]
        draw_table(("", ""), rows, numeric=(1,))


def draw_lists(export: Export) -> None:
    """Every image that is not in the file, and why."""
    lists = (("Refused", "refused", export.refusals), ("Left out", "left out", export.left_out))
    for title, kind, reasons in lists:
        if reasons:
            with card(title, key=f"list-{title}", count=export.counts[kind]):
                draw_table(("Image", "Why"), list(reasons.items()))
