from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.base import FileReport
from formats.base.xml_document import Element, escape, read_elements, root_of


def read(text: bytes, *wanted: str) -> tuple[list[Element], FileReport]:
    report = FileReport("a.xml")
    return list(read_elements(BytesIO(text), frozenset(wanted), report, root="r")), report


def test_wanted_elements_come_with_their_place_and_what_they_hold() -> None:
    found, report = read(b'<r>\n <x><y a="1">one<z/> two</y></x>\n <y/></r>', "y")
    assert [(each.line, each.column, each.text, each.attributes) for each in found] == [
        (2, 5, "one two", {"a": "1"}),
        (3, 2, "", {}),
    ]
    assert [child.tag for child in found[0].children] == ["z"]
    assert report.take() == ()


def test_elements_before_an_error_are_still_given() -> None:
    found, report = read(b"<r><y/>" + b" " * 70_000 + b"<y/></q>", "y")
    assert len(found) >= 1
    (finding,) = report.take()
    assert (finding.code, finding.line) == ("EX001", 1)


@pytest.mark.parametrize(
    "text",
    [
        b'<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>',
        b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>',
        b'<!DOCTYPE r SYSTEM "http://example.org/r.dtd"><r/>',
        b'<!DOCTYPE r [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><r/>',
        b"<r>&a;</r>",
        b"<r>" + b"<y>" * 100 + b"</y>" * 100 + b"</r>",
        b"<r><y>\xff</y></r>",
        b"<r><y>\x00</y></r>",
        b'<?xml version="1.0" encoding="utf-7"?><r/>',
        b'<?xml version="1.0" encoding="shift_jis"?><r/>',
        b"",
        b"no xml",
        b'<r a="1" a="2"/>',
        b"<r/><r/>",
    ],
)
def test_what_is_unsafe_or_broken_is_one_finding(text: bytes) -> None:
    _, report = read(text, "y")
    assert [finding.code for finding in report.take()] == ["EX001"]


def test_one_endless_element_is_refused() -> None:
    _, report = read(b"<r><y>" + b"<z/>" * 400_000 + b"</y></r>", "y")
    assert [finding.code for finding in report.take()] == ["EX001"]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r\"'<>&"), max_size=20))
def test_escaped_text_comes_back_from_attributes_and_elements(text: str) -> None:
    if any(letter in text for letter in "\ufffe\uffff"):
        return
    found, report = read(f'<r><y a="{escape(text)}">{escape(text)}</y></r>'.encode(), "y")
    assert report.take() == ()
    assert (found[0].attributes["a"], found[0].text) == (text, text)


@pytest.mark.parametrize(
    ("head", "root"),
    [
        (b"<annotation>", "annotation"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a > b --><!DOCTYPE x>\n<annotations a="1">', "annotations"),
        ("<annotation/>".encode("utf-16"), "annotation"),
        (b"<?xml", ""),
        (b"{}", ""),
        (b"", ""),
        (b"<", ""),
        (b"<!-- <annotation> ", ""),
    ],
)
def test_the_root_is_told_from_the_start(head: bytes, root: str) -> None:
    assert root_of(head) == root


def test_elements_below_the_root_that_nobody_knows_are_told_when_asked() -> None:
    report = FileReport("a.xml")
    data = b"<r><version>1</version><y/><x/><z><y/></z><x><x/></x></r>"
    found = list(read_elements(BytesIO(data), frozenset({"y"}), report, root="r", known=frozenset({"version"})))
    assert len(found) == 2
    assert [each.message for each in report.findings] == [
        "Relook does not know, and leaves out: <x> (2 times), <z> (once)."
    ]
