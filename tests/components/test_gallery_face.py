from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from domain.decision import STATUSES, Verdict


def browse_page() -> None:
    import streamlit as st

    from components.gallery import gallery

    cell = {"image_id": "a.jpg", "name": "a", "thumb": "", "width": 4, "height": 3, "status": "new", "score": None}
    cell |= {"differs": False, "problem": "", "labels": [], "predicted": [], "objects": []}
    event = gallery([cell], key="browse", aspect=st.session_state.get("aspect", 1.5))
    st.write(f"opened {event.opened}")
    st.write(f"selected {event.selected}")


def component_data(app: AppTest) -> Any:
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_the_page_gets_what_the_reader_selected() -> None:
    app = AppTest.from_function(browse_page, default_timeout=60).run()
    assert [text.value for text in app.markdown] == ["opened None", "selected ()"]
    app.session_state["browse"] = {"selected": ["a.jpg"]}
    app.run()
    assert app.markdown[1].value == "selected ('a.jpg',)"


def test_the_browser_gets_cells_and_choices() -> None:
    app = AppTest.from_function(browse_page, default_timeout=60).run()
    data = component_data(app)
    assert data["cells"][0]["image_id"] == "a.jpg"
    assert (data["key"], data["size"], data["show"], data["selected"]) == (
        "browse",
        "M",
        ["labels", "predictions"],
        None,
    )


def test_cells_are_never_narrower_than_3_to_4_nor_wider_than_16_to_9() -> None:
    app = AppTest.from_function(browse_page, default_timeout=60)
    for asked, given in [(0.1, 3 / 4), (1.2, 1.2), (5.0, 16 / 9)]:
        app.session_state["aspect"] = asked
        assert component_data(app.run())["aspect"] == given


def words_page() -> None:
    from typing import get_args

    import streamlit as st

    from components import gallery
    from components.browse_filters import _STATUS_WORDS
    from components.overview_cards import _VERDICTS

    st.json({"gallery": get_args(gallery.Status), "filters": list(_STATUS_WORDS), "overview": list(_VERDICTS)})


def test_every_status_of_an_image_has_its_word_on_each_screen() -> None:
    app = AppTest.from_function(words_page, default_timeout=60).run()
    words = json.loads(app.json[0].value)
    cell = (Path(__file__).parents[2] / "components" / "gallery" / "static" / "cell.js").read_text()

    assert set(words["gallery"]) == set(words["filters"]) == set(STATUSES)
    assert set(words["overview"]) == set(Verdict)
    assert all(f"\n  {status}: {{ icon:" in cell for status in STATUSES)
