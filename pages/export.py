"""Export: the corrected file, what went in and what came out, and proof that it reads back equal."""

import streamlit as st

from components.blank import require_images
from components.export_report import (
    draw_counts,
    draw_downloads,
    draw_first_record,
    draw_lists,
    draw_parity,
    draw_verdict,
    wait_for_export,
)
from components.headings import title_row
from components.session import choose_project, open_workspace
from services.exporting import needs_url_prefix
from services.projects import fetch_progress, fetch_project, set_url_prefix

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Export")

with title_row("Export", "Azure AutoML for Images, JSONL", pill=project.task.in_words):
    downloads = st.container(horizontal=True, width="content")

without_address = needs_url_prefix(workspace, project.project_id)
if without_address:
    prefix = st.text_input(
        f"Address of the image folder in the datastore, for {without_address:,} images that no label file names",
        value=project.url_prefix,
        placeholder="azureml://subscriptions/SUB/resourcegroups/GROUP/workspaces/WS/datastores/STORE/paths/photos/",
    )
    if prefix and prefix != project.url_prefix:
        set_url_prefix(workspace, project.project_id, prefix)
        project = fetch_project(workspace, project.project_id)

export = wait_for_export(workspace, project.project_id)
if export is not None:
    with downloads:
        draw_downloads(export)
    draw_verdict(export)
    draw_parity(export)
    left, right = st.columns(2, gap="small")
    with left:
        draw_first_record(export)
    with right:
        draw_counts(export)
    draw_lists(export)
