"""Arize's rules with an injected clock, on tables that need no file."""

from __future__ import annotations

import pytest

from domain.finding import Finding, Severity
from formats.arize.reading import validate_arize
from formats.arize.rules import ARIZE_RULES
from formats.arize.schema_json import parse_schema
from formats.base import FileReport
from tests.oracles.arize_cases import CASES, MAY_2021, S0_TIME, Case

FIVE_YEARS = 5 * 365 * 86400


def validate(case: Case, now: float = MAY_2021) -> list[Finding]:
    report = FileReport("schema", ARIZE_RULES)
    columns = parse_schema(case.fields, report)
    assert report.findings == []
    return validate_arize(case.table.to_batches(), columns, schema=case.table.schema, now=now)


@pytest.mark.parametrize("name", CASES)
def test_what_arize_refuses_is_found(name: str) -> None:
    codes = [finding.code for finding in validate(CASES[name])]
    assert CASES[name].code in codes if CASES[name].code else codes == []


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (MAY_2021, []),
        (S0_TIME + FIVE_YEARS, []),
        (S0_TIME + FIVE_YEARS + 1, ["AR008"]),
        (1776297600, ["AR008"]),  # 2026-04-16
        (1795219200, ["AR008"]),  # 2026-11-21
        (S0_TIME - 365 * 86400, []),
        (S0_TIME - 365 * 86400 - 1, ["AR008"]),
    ],
)
def test_the_clock_decides_whether_a_time_is_taken(now: float, codes: list[str]) -> None:
    assert [finding.code for finding in validate(CASES["the row of the documentation"], now)] == codes


def test_a_finding_says_where_and_what() -> None:
    finding = validate(CASES["an outline that crosses itself"])[0]
    assert (finding.code, finding.severity, finding.line, finding.annotation) == ("AR018", Severity.ERROR, 1, 0)
    assert finding.message == "it crosses or touches itself."
    assert finding.remedy


def test_milliseconds_are_named_and_not_divided() -> None:
    finding = validate(CASES["milliseconds"])[0]
    assert "milliseconds" in finding.message
    assert "1000" in finding.remedy
