"""Runs before every screen: page settings, the pages there are, the header."""

from pathlib import Path

import streamlit as st

from components.frame import draw_menus, set_up_page
from components.session import choose_project, open_workspace

PAGES = {"Workspace": "workspace", "Browse": "browse", "Explain": "explain", "Review": "review", "Export": "export"}

set_up_page()
workspace = open_workspace()
page = st.navigation(
    [
        st.Page(Path(__file__).parent / f"{name}.py", title=title, url_path=name, default=title == "Workspace")
        for title, name in PAGES.items()
    ],
    position="top",
)
draw_menus(workspace, choose_project(workspace))
page.run()
