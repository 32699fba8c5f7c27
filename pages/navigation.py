"""Runs before every screen: page settings, who is there, the pages there are, the header."""

from pathlib import Path

import streamlit as st

from components.frame import draw_menus, set_up_page
from components.jobs import note_beginning
from components.session import choose_project, open_workspace
from components.sign_in import draw_sign_in, find_reviewer

PAGES = {
    "Browse": "browse",
    "Explain": "explain",
    "Compare": "compare",
    "Queue": "up_next",
    "Review": "review",
    "Classes": "classes",
    "Progress": "progress",
    "Team": "team",
    "Evaluate": "evaluate",
    "Learn": "learn",
    "Export": "export",
}
HERE = Path(__file__).parent

set_up_page()
note_beginning()
workspace = open_workspace()
reviewer = find_reviewer(workspace)
# The start page answers at "/" and not under its own name, so that "/workspace" is a page that leads there.
start = st.Page(HERE / "workspace.py", title="Workspace", url_path="start", default=True)
by_name = st.Page(lambda: st.switch_page(start), title="Workspace", url_path="workspace", visibility="hidden")
others = [st.Page(HERE / f"{name}.py", title=title, url_path=title.lower()) for title, name in PAGES.items()]
# Told before the gate, so that the page asked for opens behind it.
page = st.navigation([start, *others, by_name], position="top" if reviewer else "hidden")
with st.container(key="gate"):  # a place of its own, else the form would fade away over what comes after it
    if reviewer is None:
        draw_sign_in()
draw_menus(workspace, choose_project(workspace))
page.run()
