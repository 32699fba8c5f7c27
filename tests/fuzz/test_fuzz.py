"""A few hundred mutated files of every format; `make fuzz` reads many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from formats import FORMATS
from tests.fuzz.checking import run_case
from tests.fuzz.specimens import make_specimens

FILES = 250


@pytest.mark.parametrize("name", list(FORMATS))
def test_spoiled_files_give_findings_or_domain_errors_and_lose_nothing_silently(name: str, tmp_path: Path) -> None:
    specimens = make_specimens(name, tmp_path / "specimens")
    if not specimens:
        pytest.skip(f"{name} is only read: there is nothing to spoil.")
    found = [run_case(specimens, case, "relook", tmp_path / "scratch") for case in range(FILES)]
    assert [violation for violation in found if violation is not None] == []
