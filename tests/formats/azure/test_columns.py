"""Columns of values in a line of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.azure.columns import column_of

TEXT = '{ "a" : [1, {"b\\"c": "é", "d":  -2.5}, []], "e": {}, "a2": null }'


@pytest.mark.parametrize(
    ("path", "start"),
    [
        ([], "{ "),
        (["a"], "[1"),
        (["a", 0], "1,"),
        (["a", 1, 'b"c'], '"é"'),
        (["a", 1, "d"], "-2.5"),
        (["a", 2], "[]]"),
        (["e"], "{},"),
        (["a2"], "null"),
    ],
)
def test_the_column_is_where_the_value_starts(path: list[str | int], start: str) -> None:
    column = column_of(TEXT, path)
    assert column is not None
    assert TEXT[column - 1 :].startswith(start)


def test_a_path_that_ends_early_names_the_last_value_on_the_way() -> None:
    assert column_of(TEXT, ["a", 1, "missing"]) == column_of(TEXT, ["a", 1])
    assert column_of(TEXT, ["a", 9]) == column_of(TEXT, ["a"])
    assert column_of(TEXT, ["a2", "x"]) == column_of(TEXT, ["a2"])


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    assert column_of('{"a":1,"a":2}', ["a"]) == 12


@pytest.mark.parametrize("text", ["", "{", '{"a"', '{"a":', "[1,", '{"a":x}', "[" * 100_000])
def test_broken_text_has_no_columns(text: str) -> None:
    assert column_of(text, ["a"]) in {None, 1}


MEMBERS = st.dictionaries(st.text(max_size=3), st.lists(st.integers() | st.text(max_size=3), max_size=3), min_size=1)


@given(MEMBERS, st.data(), st.sampled_from([(",", ":"), (", ", " : ")]))
def test_every_value_is_found(members: dict[str, Any], data: st.DataObject, separators: tuple[str, str]) -> None:
    text = json.dumps(members, separators=separators, ensure_ascii=data.draw(st.booleans()))
    key = data.draw(st.sampled_from(list(members)))
    path: list[str | int] = [key]
    value: Any = members[key]
    if value:
        index = data.draw(st.integers(0, len(value) - 1))
        path, value = [key, index], value[index]
    column = column_of(text, path)
    assert column is not None
    assert json.JSONDecoder().raw_decode(text, column - 1)[0] == value
