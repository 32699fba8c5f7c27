from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FINDER = Path(__file__).with_name("find_chromium.py")


@pytest.fixture
def bare_path(tmp_path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def put_program(folder: Path, name: str) -> Path:
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def run_finder(bare_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": str(bare_path), "PLAYWRIGHT_BROWSERS_PATH": str(bare_path / "none"), **environment}
    return subprocess.run([sys.executable, FINDER], env=variables, capture_output=True, text=True, check=False)


def test_the_named_browser_comes_first(bare_path):
    put_program(bare_path, "chromium")
    mine = put_program(bare_path, "mine")

    assert run_finder(bare_path, CHROMIUM=str(mine)).stdout.strip() == str(mine)


def test_a_browser_on_the_path_is_found(bare_path):
    chrome = put_program(bare_path, "google-chrome")

    assert run_finder(bare_path).stdout.strip() == str(chrome)


def test_a_named_browser_that_cannot_run_is_told_and_not_replaced(bare_path):
    put_program(bare_path, "chromium")

    result = run_finder(bare_path, CHROMIUM="/nowhere/chromium")

    assert (result.returncode, result.stdout) == (1, "")
    assert "CHROMIUM is /nowhere/chromium, which cannot be run" in result.stderr


def test_without_any_browser_one_sentence_tells_how_to_get_one(bare_path):
    result = run_finder(bare_path)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("No Chromium was found for the browser tests: install one")
    assert len(result.stderr.splitlines()) == 1
