from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest


def explain_page() -> None:
    from components.map_viewer import map_viewer

    photo = {"url": "/photo", "width": 4, "height": 3}
    map_viewer({"photo": photo, "maps": [], "running": [{"key": "lime", "title": "LIME"}]}, key="explain")


def test_the_browser_gets_the_data_and_the_name_to_keep_settings_under() -> None:
    app = AppTest.from_function(explain_page, default_timeout=60).run()
    assert not app.exception
    data = json.loads(app.get("bidi_component")[0].proto.json)
    assert data["key"] == "explain"
    assert data["running"] == [{"key": "lime", "title": "LIME"}]
