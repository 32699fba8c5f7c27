from __future__ import annotations

import inspect

import pytest

from domain import errors
from domain.errors import RelookError, UnknownNameError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, RelookError)]


def test_a_problem_says_where_what_and_the_way_out():
    error = RelookError("The line is broken.", where="labels.jsonl, line 3", remedy="Mend it.")

    assert str(error) == "labels.jsonl, line 3: The line is broken. Mend it."
    assert (error.message, error.where, error.remedy) == ("The line is broken.", "labels.jsonl, line 3", "Mend it.")


def test_parts_that_are_missing_leave_no_gap():
    assert str(RelookError("It is broken.")) == "It is broken."
    assert str(RelookError("It is broken.", where="a.jpg")) == "a.jpg: It is broken."
    assert str(RelookError("It is broken.", remedy="Mend it.")) == "It is broken. Mend it."


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_stands_in_the_tree_of_the_module(kind):
    assert kind.__name__ in (errors.__doc__ or "")
    assert inspect.getdoc(kind)


def test_the_tree_names_no_kind_that_is_not_there():
    named = {word for word in (errors.__doc__ or "").split() if word.endswith("Error") or word == "Cancelled"}

    assert named == {kind.__name__ for kind in KINDS}


def test_an_unknown_name_lists_the_known_ones():
    assert str(UnknownNameError("order", "size", known=["name", "score"])) == (
        "There is no order named 'size'. Known: name, score."
    )
