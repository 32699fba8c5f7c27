"""The database cannot be used: pages say so, and where it lies on the server stays in the log."""

from __future__ import annotations

import logging

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import NAVIGATION


def test_a_page_says_what_is_wrong_and_not_where_the_database_lies(home, caplog):
    home.mkdir()
    database = home / "relook.sqlite"
    database.write_bytes(b"This is no database. " * 100)

    with caplog.at_level(logging.WARNING):
        app = AppTest.from_file(NAVIGATION, default_timeout=120).run()

    assert not app.exception
    [error] = app.error
    said = error.value.replace("\\", "")  # it is told as text
    assert said.startswith("The database cannot be opened: file is not a database. Name a place")
    assert str(home.parent) not in said
    assert str(database) in caplog.text

    database.unlink()
    assert not app.run().error
