"""Export: the corrected labels in the format a platform takes, what went in and out, and proof that it reads back."""

import streamlit as st

from components.blank import require_images
from components.conversion_report import draw_conversion, draw_conversion_downloads, wait_for_conversion
from components.evaluate_choices import choose_split
from components.export_report import ask_url_prefix, draw_azure_downloads, draw_azure_export, wait_for_export
from components.format_list import choose_contents, choose_format
from components.headings import title_row
from components.session import choose_project, open_workspace
from services.format_choices import AZURE_JSONL, choices_for_export
from services.projects import fetch_progress
from services.splits import count_splits

workspace = open_workspace()
chosen = choose_project(workspace)
total = fetch_progress(workspace, chosen.project_id).total if chosen else 0
project = require_images(workspace, chosen, total, title="Export")

with title_row("Export", project.name, pill=project.task.in_words):
    downloads = st.container(horizontal=True, width="content")

left, right = st.columns([320, 1060], gap="small")
with left:
    choice = choose_format(choices_for_export(project.task))
with right:
    if choice.name == AZURE_JSONL:
        project = ask_url_prefix(workspace, project)
        if export := wait_for_export(workspace, project.project_id):
            draw_azure_downloads(downloads, export)
            draw_azure_export(export)
    else:
        with downloads:
            split = choose_split(project, count_splits(workspace, project.project_id))
            contents = choose_contents(choice)
        if made := wait_for_conversion(workspace, project.project_id, choice, contents, split):
            with downloads:
                draw_conversion_downloads(made, choice)
            draw_conversion(made, choice)
