import io
import re
from contextlib import redirect_stderr

import pytest

from cli.progress import show_progress
from domain.errors import Cancelled


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_elsewhere_there_is_a_line_for_every_tenth(capsys):
    with show_progress("Scoring") as report:
        for done in range(1001):
            report(done, 1000)
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (
        10,
        "Scoring: 100 of 1,000 images",
        "Scoring: 1,000 of 1,000 images",
    )


def test_nothing_to_do_prints_nothing(capsys):
    with show_progress("Scoring") as report:
        report(0, 0)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_one_line_is_written_over_and_ended():
    with redirect_stderr(Terminal()) as terminal, show_progress("Explaining", unit="") as report:
        for done in range(501):
            report(done, 500)
    printed = terminal.getvalue()
    assert printed.count("\n") == 1
    assert printed.endswith("\r\x1b[KExplaining: 100 %\n")
    assert len(re.findall("Explaining", printed)) < 100


def test_an_error_in_the_middle_begins_a_line_of_its_own():
    def stop_in_the_middle():
        with show_progress("Scoring") as report:
            report(1, 100)
            raise Cancelled("Stopped.")

    with redirect_stderr(Terminal()) as terminal, pytest.raises(Cancelled):
        stop_in_the_middle()
    assert terminal.getvalue() == "\r\x1b[KScoring: 1 of 100 images\n"
