"""Runs before every screen: page settings, the pages there are, the header."""

from pathlib import Path

import streamlit as st

from components.frame import draw_menus, set_up_page
from components.session import choose_project, open_workspace

PAGES = {"Browse": "browse", "Explain": "explain", "Compare": "compare", "Review": "review", "Export": "export"}
HERE = Path(__file__).parent

set_up_page()
workspace = open_workspace()
# The start page answers at "/" and not under its own name, so that "/workspace" is a page that leads there.
start = st.Page(HERE / "workspace.py", title="Workspace", url_path="start", default=True)
by_name = st.Page(lambda: st.switch_page(start), title="Workspace", url_path="workspace", visibility="hidden")
others = [st.Page(HERE / f"{name}.py", title=title, url_path=name) for title, name in PAGES.items()]
page = st.navigation([start, *others, by_name], position="top")
draw_menus(workspace, choose_project(workspace))
page.run()
