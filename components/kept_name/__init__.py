"""`keep_name()`: has the browser remember who it belongs to, so that nobody is asked for their name twice."""

from __future__ import annotations

from streamlit.components.v2 import component

COOKIE = "relook_name"

_mount = component("components.kept_name", js="kept_name.js")


def keep_name(sealed: str) -> None:
    """Have the browser send `sealed` with every page it opens from now on; nothing is drawn."""
    _mount(key="kept-name", data={"cookie": COOKIE, "value": sealed})
