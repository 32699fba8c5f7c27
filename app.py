"""The server: pages, routes and what happens at start and stop. Run it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from endpoint.lifespan import lifespan
from endpoint.routes import list_routes

# The script lies beside the pages, not above them: a cold deep link then cannot run a page without it.
app = st.App(Path(__file__).parent / "pages" / "navigation.py", routes=list_routes(), lifespan=lifespan)
