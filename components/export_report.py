"""The parity report of the corrected file in the format of the label files: Azure AutoML JSONL."""

from __future__ import annotations

import json
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.headings import card
from components.made_files import wait_for
from components.tables import draw_table
from components.words import bytes_in_words, plural
from domain.project import Project
from services.export_jobs import export_key, find_export, start_export
from services.exporting import Export, needs_url_prefix
from services.projects import fetch_project, set_url_prefix
from services.workspace import Workspace

_LONGEST_RECORD = 1200


def wait_for_export(workspace: Workspace, project_id: int) -> Export | None:
    """The file of the project as it is now; None while it is being written, or when it cannot be."""
    return wait_for(
        workspace,
        export_key(project_id),
        find=lambda: find_export(workspace, project_id),
        start=lambda: start_export(workspace, project_id),
    )


def ask_url_prefix(workspace: Workspace, project: Project) -> Project:
    """Ask for the address of the image folder where lines need it; return the project as it then is."""
    without_address = needs_url_prefix(workspace, project.project_id)
    if not without_address:
        return project
    prefix = st.text_input(
        f"Address of the image folder in the datastore, for {without_address:,} images that no label line names",
        value=project.url_prefix,
        placeholder="azureml://subscriptions/SUB/resourcegroups/GROUP/workspaces/WS/datastores/STORE/paths/photos/",
    )
    if not prefix or prefix == project.url_prefix:
        return project
    set_url_prefix(workspace, project.project_id, prefix)
    return fetch_project(workspace, project.project_id)


def draw_azure_export(export: Export) -> None:
    """The verdict, the counts, the first line and what is not in the file."""
    _draw_verdict(export)
    _draw_parity(export)
    left, right = st.columns(2, gap="small")
    with left:
        _draw_first_record(export)
    with right:
        _draw_counts(export)
    _draw_lists(export)


def draw_azure_downloads(place: DeltaGenerator, export: Export) -> None:
    """The files, read when a person asks for them."""
    with place:
        _draw_downloads(export)


def _draw_downloads(export: Export) -> None:
    if export.refused is not None:
        st.download_button("Refused lines", export.refused.read_bytes, export.refused.name, on_click="ignore")
    if export.splits:
        _draw_splits(export)
    st.download_button("MLTable", export.mltable, "MLTable", on_click="ignore")
    st.download_button("Log", export.log.read_bytes, export.log.name, mime="application/jsonl", on_click="ignore")
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


def _draw_splits(export: Export) -> None:
    """One file for each split."""
    with st.popover("One file per split"):
        for name, file in export.splits.items():
            words = f"{name.capitalize()}, {plural(export.split_counts[name], 'line')}"
            st.download_button(words, file.read_bytes, file.name, mime="application/jsonl", on_click="ignore")
        if rest := export.split_counts.get("", 0):
            st.caption(f"{plural(rest, 'line')} of images in no split are in none of these files.")


def _draw_verdict(export: Export) -> None:
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


def _draw_parity(export: Export) -> None:
    with card("Parity report", key="parity"):
        rows = [
            (row.checked, f"{row.in_project:,}", f"{row.in_file:,}", "" if row.is_fine else "look", row.note)
            for row in export.parity
        ]
        draw_table(("Checked", "In the project", "In the file", "", "Note"), rows, numeric=(1, 2))


def _draw_first_record(export: Export) -> None:
    with card("First record", key="record"):
        line = export.first_line
        if not line:
            st.write("–")
            return
        text = json.dumps(json.loads(line), indent=1, ensure_ascii=False)
        st.code(text if len(text) <= _LONGEST_RECORD else text[:_LONGEST_RECORD] + "\n…", language=None, height=260)


def _draw_counts(export: Export) -> None:
    words = {
        "untouched": "as given, not changed",
        "converted": "as given, from another format",
        "renamed": "as given, a class called otherwise",
        "corrected": "corrected",
        "new": "added, no label before",
        "refused": "refused, in a file of their own",
        "left out": "left out",
    }
    with card("What is in the file", key="contents"):
        rows = [(words[kind], f"{count:,}") for kind, count in export.counts.items()]
        rows += [("name", export.name), ("SHA\u2011256", export.sha256), ("size", bytes_in_words(export.size))]
        draw_table(("", ""), rows, numeric=(1,))


def _draw_lists(export: Export) -> None:
    """Every image that is not in the file, and why."""
    lists = (("Refused", "refused", export.refusals), ("Left out", "left out", export.left_out))
    for title, kind, reasons in lists:
        if reasons:
            with card(title, key=f"list-{title}", count=export.counts[kind]):
                draw_table(("Image", "Why"), list(reasons.items()))
